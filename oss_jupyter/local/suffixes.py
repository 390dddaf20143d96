"""How the files of a checkpoint directory end; nothing else spells them."""

from __future__ import annotations

JOURNAL = ".journal"  # of one file's upload
DATASET = ".dataset"  # header and children of a dataset
FILES = ".files"  # a line for each of its files, while it is unfinished
RECEIPTS = ".receipts"  # the same when it has finished
LOCK = ".lock"
NEW = ".new"  # of a file that is being begun
SPOOL = ".spool"  # what an object of a notebook was written to
MADE = ".made"  # a folder, of files that are made when their turn comes
DRAFT = ".draft"  # the same while it is being written
STREAM = ".stream-"  # in the name of a folder with pieces of a stream
