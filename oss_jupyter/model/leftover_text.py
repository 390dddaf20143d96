"""How the unfinished uploads of a bucket are told, in the words that lines and tables share: from values to text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from oss_jupyter.model.ages import format_age
from oss_jupyter.model.sizes import count, format_size
from oss_jupyter.model.storage_prices import AS_OF
from oss_jupyter.names import printable
from oss_jupyter.texts import english, listed, say, tr

_HEADER = (
    english("key"),
    english("age"),
    english("parts"),
    english("size"),
    english("whose"),
)
_ALL_COUNTED = english("{uploads} below {place}, {size}; the newest is {newest} old, the oldest {oldest}.")
_SOME_COUNTED = english(
    "{uploads} below {place}, {size} in {known} of them; {uncounted} were not counted; "
    "the newest is {newest} old, the oldest {oldest}."
)
_NONE_COUNTED = english("{uploads} below {place}; the newest is {newest} old, the oldest {oldest}.")
_ALL_HOLD = english("They hold {size} in {parts}{cost}.")
_SOME_HOLD = english("{known} of them hold {size} in {parts}{cost}.")
_COST = english(", about {currency} {cost} a month as {storage_class}")
_LIST_PRICES = english(
    "Prices are list prices of {year} in mainland China, locally redundant, and may have changed: "
    "aliyun.com/price/product#/oss/detail has today's, OssJupyter.storage_prices takes yours."
)


class Row(Protocol):
    """What is told of an unfinished upload; a `Leftover` is one."""

    @property
    def key(self) -> str:
        """The object's."""

    @property
    def upload_id(self) -> str:
        """The service's."""

    @property
    def age_seconds(self) -> float:
        """Since it was begun."""

    @property
    def owner(self) -> object:
        """Who knows of it; its text says that."""

    @property
    def parts(self) -> int | None:
        """How many it has; None: they were not counted."""

    @property
    def size_bytes(self) -> int | None:
        """Bytes of them, likewise."""


def heading(place: object, rows: Sequence[Row]) -> str:
    """Return how many there are below a place, how much they hold, and from when to when they are."""
    where = printable(str(place))
    if not rows:
        return tr("No unfinished uploads below {place}.", place=where)
    ages = [one.age_seconds for one in rows]
    uncounted = sum(one.size_bytes is None for one in rows)
    return tr(
        _ALL_COUNTED if not uncounted else _NONE_COUNTED if uncounted == len(rows) else _SOME_COUNTED,
        uploads=count(len(rows), "unfinished upload"),
        place=where,
        size=_size(rows),
        known=f"{len(rows) - uncounted:,}",
        uncounted=f"{uncounted:,}",
        newest=format_age(min(ages)),
        oldest=format_age(max(ages)),
    )


def header() -> tuple[str, ...]:
    """Return what stands above the cells."""
    return (say("label_upload_id"), *map(tr, _HEADER))


def cells(one: Row) -> tuple[str, ...]:
    """Return what a row of the table shows."""
    parts = tr("not counted") if one.parts is None else f"{one.parts:,}"
    size = "" if one.size_bytes is None else format_size(one.size_bytes)
    return (one.upload_id, printable(one.key), format_age(one.age_seconds), parts, size, str(one.owner))


def costs(monthly: Mapping[str, float], currency: str) -> list[str]:
    """Return what they cost a month, and whose prices that are; currency: "" where it is not known."""
    told = listed(f"{name} {cost:,.2f}" for name, cost in monthly.items())
    if not currency:
        return [tr("A month costs, by storage class: {costs}.", costs=told)]
    sentence = tr("A month costs, in {currency}, by storage class: {costs}.", currency=currency, costs=told)
    return [sentence, tr(_LIST_PRICES, year=AS_OF)]


def in_a_sentence(rows: Sequence[Row], monthly: Mapping[str, float], currency: str) -> str:
    """Return how much they hold and what the first storage class costs a month, as far as it was counted."""
    known = [one for one in rows if one.size_bytes is not None]
    if not known:
        return tr("How much they hold is not known.")
    first = next(iter(monthly.items()), None)
    cost = tr(_COST, currency=currency, cost=f"{first[1]:,.2f}", storage_class=first[0]) if first else ""
    return tr(
        _ALL_HOLD if len(known) == len(rows) else _SOME_HOLD,
        known=f"{len(known):,}",
        size=_size(rows),
        parts=count(sum(one.parts or 0 for one in known), "part"),
        cost=cost,
    )


def _size(rows: Sequence[Row]) -> str:
    return format_size(sum(one.size_bytes or 0 for one in rows))
