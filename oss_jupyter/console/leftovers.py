"""What is said of unfinished uploads of a bucket: how to remove them, the question before, and rows for programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from oss_jupyter.console.spelling import Commands, quoted_word
from oss_jupyter.model.leftover import Leftover, Leftovers, Removed
from oss_jupyter.model.sizes import count
from oss_jupyter.names import printable
from oss_jupyter.session.leftovers import COUNTED_MOST
from oss_jupyter.texts import english, tr

NOBODY_TO_ASK = english("Nobody can be asked here, and nothing was removed. Add --yes to remove.")
_SETS_RULE = ("ossutil", "api", "put-bucket-lifecycle", "--bucket")
_RULE_FILE = ("--lifecycle-configuration", "file://lifecycle.xml")


def how_to_remove(found: Leftovers, commands: Commands) -> list[str]:
    """Return how what was found is removed, now and by itself; nothing where nothing was found."""
    if not found.rows:
        return []
    place = quoted_word(printable(str(found.place)))
    return [
        tr("Remove them with: {command} remove ID, or remove --older-than 7d", command=f"{commands.leftovers} {place}"),
        tr("The bucket removes them by itself with this rule (lifecycle.xml), which replaces all rules that it has:"),
        *found.lifecycle_rule().splitlines(),
        " ".join((*_SETS_RULE, found.place.bucket, *_RULE_FILE)),
    ]


class Removing:
    """Removes what may be removed, once whoever sits there knows how much that is and agrees.

    say: takes lines, in which `spell` writes what is typed. agreed: asks a question, None where nobody has to be asked.
    """

    def __init__(
        self, spell: Callable[[str], str], say: Callable[..., None], agreed: Callable[[str], bool] | None
    ) -> None:
        self._spell = spell
        self._say = say
        self._agreed = agreed

    def remove(self, found: Leftovers, text: str | None, older_than: str | None, *, force: bool) -> Removed:
        """Return what was removed, and what stays. Raises InputError, and what the service says against it."""
        would = found.would_remove(text, older_than=older_than, force=force)
        if not would.gone:
            reasons = would.reasons() or [tr("Nothing is older than {age}.", age=older_than)]
            self._say(tr("Nothing was removed."), *map(self._spell, reasons))
            return would
        if not self._agree(found, would):
            self._say(tr("Nothing was removed."))
            return Removed((), ())
        removed = found.remove(text, older_than=older_than, force=force)
        self._say(*self._spell(str(removed)).splitlines())
        return removed

    def _agree(self, found: Leftovers, would: Removed) -> bool:
        if self._agreed is None:
            return True
        free = found.counted(would.gone, COUNTED_MOST)
        if beside := [*free.notes, *map(self._spell, would.reasons())]:
            self._say(*beside)
        what = count(len(free), "unfinished upload")
        how_much = free.in_a_sentence()
        return self._agreed(
            tr("Remove {uploads} and their parts for good? {how_much} [y/N] ", uploads=what, how_much=how_much)
        )


def removed_values(removed: Removed, spell: Callable[[str], str]) -> dict[str, Any]:
    """Return what was removed and what stays, each with the reason, ready for JSON."""
    stay = [{**as_values(one), "why": spell(why)} for one, why in removed.stay]
    return {"gone": [as_values(one) for one in removed.gone], "stay": stay}


def is_yes(answer: str) -> bool:
    """Whether an answer agrees."""
    return answer.strip().lower() in ("y", "yes")


def as_values(one: Leftover) -> dict[str, Any]:
    """Return one ready for JSON, in the same words whatever language its reader has."""
    return asdict(one) | {"begun_at": one.begun_at.isoformat(), "owner": one.owner.value}
