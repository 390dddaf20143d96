"""What a notebook shows of a transfer: a live card, and the words that stay when the kernel is gone."""
