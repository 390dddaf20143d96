"""The card of one transfer."""
