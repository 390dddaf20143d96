"""How the files of a checkpoint directory end; nothing else spells them."""

from __future__ import annotations

from oss_jupyter.model.parted import MADE as MADE  # a folder, of files that are made when their turn comes

JOURNAL = ".journal"  # of one file's upload
DATASET = ".dataset"  # header and children of a dataset
FILES = ".files"  # a line for each of its files, while it is unfinished
RECEIPTS = ".receipts"  # the same when it has finished
LOCK = ".lock"
NEW = ".new"  # of a file that is being begun
SPOOL = ".spool"  # what an object of a notebook was written to
DRAFT = ".draft"  # the same while it is being written
STREAM = ".stream-"  # in the name of a folder with pieces of a stream
