"""What would be done with each file of a dataset, as a value that is looked at before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, overload

from oss_jupyter.errors import InputError
from oss_jupyter.model.columns import columns, shortened
from oss_jupyter.model.dataset import Action
from oss_jupyter.model.dataset_text import action_word, counted_bytes, files, place_of, reason_text
from oss_jupyter.model.frames import frame
from oss_jupyter.model.planned_rows import PlannedFile, PlannedRows, RowPacker
from oss_jupyter.model.requests_estimate import RequestCounter, RequestsEstimate
from oss_jupyter.model.sizes import count, format_size
from oss_jupyter.names import printable
from oss_jupyter.texts import about, clauses, listed, say, tr

# Two thirds of them from the beginning, the others from the end.
ROWS_SHOWN = 15

Begin = Callable[..., Any]


@dataclass(frozen=True)
class Total:
    """How many files, and how many bytes they have."""

    files: int = 0
    bytes: int = 0


@dataclass(frozen=True, repr=False)
class DatasetPlan(Sequence[PlannedFile]):
    """What an upload of a dataset would do; nothing is sent by looking. Any thread may use it.

    It is a sequence of its rows in the order in which they are dealt with: len(plan), plan[0], plan[-5:], and so on.
    Each has path, key, size, action ("send", "skip", "resume" or "cannot"), reason and mtime_ns.

    target: str. oss://bucket/prefix, with which all keys begin.
    source: str. What it is made of, as its user wrote it.
    total: Total. All files and their bytes.
    totals: dict[Action, Total]. The same for each action: totals["send"].files.
    requests: RequestsEstimate. How many requests it costs, by kind.
    warning: str. When the service's limit of requests would be met; "" where it would not be.
    cannot: tuple[PlannedFile, ...]. The files that cannot be sent, with the reasons.
    passed_over: tuple[str, ...]. What was left out, with counts, and what is not permitted: a sentence for each kind.
    rows(action=None): Iterator[PlannedFile]. The rows of one action, or all.
    to_frame(): pandas.DataFrame. A line for each row.
    upload(): DatasetTransfer. Carries out exactly this, and returns at once.
    """

    target: str
    source: str
    requests: RequestsEstimate
    packed: PlannedRows
    by_action: tuple[Total, ...]
    begin: Begin | None = field(default=None, compare=False)
    passed_over: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.packed)

    @overload
    def __getitem__(self, index: int) -> PlannedFile: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[PlannedFile, ...]: ...

    def __getitem__(self, index: int | slice) -> PlannedFile | tuple[PlannedFile, ...]:
        return self.packed[index]

    def __iter__(self) -> Iterator[PlannedFile]:
        return iter(self.packed)

    def __reversed__(self) -> Iterator[PlannedFile]:
        return reversed(self.packed)

    def __repr__(self) -> str:
        counts = (f"{action_word(action)} {total.files:,}" for action, total in self.totals.items() if total.files)
        told = clauses(count(len(self), "file"), *counts)
        return printable(f"<DatasetPlan {about(f'{self.source} -> {self.target}', told)}>")

    def __str__(self) -> str:
        """Return it as a terminal shows it: totals, requests, and the first and last rows."""
        return "\n".join(filter(None, (self.heading, *self._totals_lines(), *self.notes, self._table())))

    def __getstate__(self) -> dict[str, Any]:
        """What can be pickled: what would be done goes anywhere, who would do it is of this process."""
        return vars(replace(self, begin=None)).copy()

    @property
    def total(self) -> Total:
        """All files and their bytes."""
        return Total(sum(one.files for one in self.by_action), sum(one.bytes for one in self.by_action))

    @property
    def totals(self) -> dict[Action, Total]:
        """For each action how many files, and how many bytes."""
        return dict(zip(Action, self.by_action, strict=True))

    @property
    def warning(self) -> str:
        """When the service's limit of requests would be met, in a sentence; "" where it would not be."""
        return self.requests.warning

    @property
    def cannot(self) -> tuple[PlannedFile, ...]:
        """The files that cannot be sent, with the reasons."""
        return tuple(self.rows(Action.CANNOT))

    def rows(self, action: Action | str | None = None) -> Iterator[PlannedFile]:
        """Go through the rows of one action, "send" for example, or through all. Raises InputError."""
        return self.packed.of(None if action is None else _action(action))

    def ends(
        self, action: Action | None = None, most: int = ROWS_SHOWN
    ) -> tuple[list[PlannedFile], int, list[PlannedFile]]:
        """Return the first rows of an action or of all, how many are left out, and the last rows, as they are shown."""
        total = len(self) if action is None else self.totals[action].files
        if total <= most + 1:
            return list(self.packed.of(action)), 0, []
        last = list(islice(self.packed.of(action, backwards=True), most // 3))[::-1]
        return list(islice(self.packed.of(action), most - len(last))), total - most, last

    def to_frame(self) -> Any:
        """Return a pandas.DataFrame with a line for each row; names that are no Unicode are written out in it.

        Raises PackageMissing.
        """
        return frame(PlannedFile, self)

    def upload(self, **how: Any) -> Any:
        """Carry out exactly this plan and return the DatasetTransfer at once.

        A file that has changed since the plan was made is noticed when its turn comes. Raises InputError where the
        plan came from elsewhere, and what oj.upload raises.
        """
        if self.begin is None:
            raise InputError(
                tr("This plan is a copy from another process, so there is nobody here who could carry it out."),
                tr("Make it here with oj.plan(…), and upload that one."),
                code="PlanIsACopy",
            )
        return self.begin(self, **how)

    @property
    def heading(self) -> str:
        """What goes where, and how much it is, in one line."""
        return printable(about(f"{shortened(self.source)} -> {self.target}", self.total_words()))

    @property
    def notes(self) -> tuple[str, ...]:
        """What else there is to say: what was passed over, the requests, and a warning where they meet their limit."""
        kinds = listed(f"{number:,} {name}" for name, number in self.requests.by_name if number)
        requests = say("plan_requests", requests=kinds) if kinds else ""
        return (*self.passed_over, *filter(None, (requests, self.warning)))

    def shown(self, rows: Iterable[PlannedFile]) -> list[tuple[str, ...]]:
        """Return rows as a table shows them, below `column_names`."""
        prefix = self.target.partition("://")[2].partition("/")[2]
        return [_cells_of(row, prefix) for row in rows]

    def total_words(self, action: Action | None = None) -> str:
        """Return how many files there are of an action or in all, and how much; what cannot be sent has no size."""
        one = self.total if action is None else self.totals[action]
        return files(one.files) if action is Action.CANNOT else counted_bytes(one.files, one.bytes)

    def _totals_lines(self) -> list[str]:
        rows = [(action_word(action), self.total_words(action)) for action, one in self.totals.items() if one.files]
        return columns(rows).splitlines() if rows else []

    def _table(self) -> str:
        first, left_out, last = self.ends()
        more = [("", say("plan_more", count=f"{left_out:,}"), "", "")] if left_out else []
        lines = [*self.shown(first), *more, *self.shown(last)]
        return "\n" + columns([column_names(), *lines]) if lines else ""


class PlanBuilder:
    """Makes a plan of rows that come one by one. One thread at a time uses it.

    part_size: in bytes, as wanted for all files; None: chosen for each. begin: what carries the plan out, called with
    it and the arguments of `upload`.
    """

    def __init__(self, target: str, source: str, part_size: int | None = None, begin: Begin | None = None) -> None:
        self._target = target
        self._source = source
        self._begin = begin
        self._packer = RowPacker()
        self._requests = RequestCounter(part_size)
        self._files = dict.fromkeys(Action, 0)
        self._bytes = dict.fromkeys(Action, 0)

    def add(self, row: PlannedFile) -> None:
        """Take the next row."""
        self._packer.add(row)
        self._requests.add(row)
        self._files[row.action] += 1
        self._bytes[row.action] += row.size

    def plan(self, lists: int = 0, heads: int = 0, passed_over: Sequence[str] = ()) -> DatasetPlan:
        """Return the plan; lists and heads: how many of these requests it took; passed_over: what has no row."""
        totals = tuple(Total(self._files[action], self._bytes[action]) for action in Action)
        requests = self._requests.estimate(lists, heads)
        rows, told = self._packer.rows(), tuple(map(printable, passed_over))
        return DatasetPlan(self._target, self._source, requests, rows, totals, self._begin, told)


def column_names() -> tuple[str, ...]:
    """Return what stands above the cells of a row."""
    return tuple(say(f"column_{name}") for name in ("action", "file", "size", "reason"))


def _cells_of(row: PlannedFile, prefix: str) -> tuple[str, ...]:
    """Return a row as a table shows it: what all keys begin with stands above it."""
    size = "" if row.action is Action.CANNOT else format_size(row.size)
    return (action_word(row.action), place_of(row.path, row.key, prefix), size, shortened(reason_text(row.reason)))


def _action(value: Action | str) -> Action:
    try:
        return Action(value)
    except ValueError:
        raise InputError(
            tr("There is no action {action}.", action=repr(value)), tr("Choose send, skip, resume or cannot.")
        ) from None
