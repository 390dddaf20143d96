"""What a scan finds and passes over: nothing goes wrong there, and yet it is said."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Passed:
    """How many there were of a kind, and the path of the first."""

    count: int = 0
    first: str = ""

    def and_more(self, path: str, count: int = 1) -> Passed:
        """Return it with more of the kind, of which the first is at `path`."""
        return Passed(self.count + count, self.first or path)


@dataclass(frozen=True)
class PassedOver:
    """What a scan has passed over by now, which has no row of its own.

    hidden: names that are left out unless they are asked for. unwanted: names that a glob, an .ossignore or a rule of
    the selection leaves out. Both are files, and folders that were not walked. empty_folders: an object store has none.
    linked_folders: links to folders, which `follow_links` walks.
    """

    hidden: Passed = Passed()
    unwanted: Passed = Passed()
    empty_folders: Passed = Passed()
    linked_folders: Passed = Passed()

    @property
    def left_out(self) -> int:
        """How many names the selection leaves out."""
        return self.hidden.count + self.unwanted.count
