"""The disk: the file that is sent, and the checkpoints that remember how far it got."""
