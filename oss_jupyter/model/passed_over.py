"""What a scan finds and passes over: nothing goes wrong there, and yet it is said."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PassedOver:
    """What a scan has passed over by now, which has no row of its own.

    left_out: files, and folders that were not walked, that the selection leaves out. empty_folders: an object store has
    none. linked_folders: links to folders, which `follow_links` walks. The other two: the first of either, by its path.
    """

    left_out: int = 0
    empty_folders: int = 0
    linked_folders: int = 0
    empty_folder: str = ""
    linked_folder: str = ""
