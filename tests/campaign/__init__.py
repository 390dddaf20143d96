"""Uploads whose kernel or helper is killed at random moments, under random faults, for as long as one likes.

`make campaign MINUTES=10` runs it and prints the figures that docs/reliability.md quotes. It is no part of `make test`,
because chance decides what it tries; what it finds becomes a test.
"""
