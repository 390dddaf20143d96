"""Values and rules. Standard library only: no I/O, no threads, no clock of its own."""
