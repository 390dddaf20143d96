"""The desk of all transfers, and the banner, which is a desk with less on it."""
