"""The only room with threads and locks: it decides which part goes next; the bytes move in lanes."""
