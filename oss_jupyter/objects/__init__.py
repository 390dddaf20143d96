"""What a notebook holds and how it becomes a file: one table of adapters, and a few rules."""
