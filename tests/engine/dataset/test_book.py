"""What the book of a dataset shows is what counts."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from oss_jupyter.engine.dataset.book import DatasetBook
from oss_jupyter.engine.dataset.driving import Driving
from oss_jupyter.engine.dataset.messages import Counts, Progress
from oss_jupyter.model.states import State

SENDS = Progress(Counts(total=2, total_bytes=20, sent=1, sent_bytes=5), False, 10, 15, 1, (), (), b"", 1)


def driving(book: DatasetBook, *waiting: str) -> Any:
    """Return what drives a dataset with this book, whose files wait for credentials where there are notes on that."""
    job = SimpleNamespace(
        spec=SimpleNamespace(control=SimpleNamespace(remarks=())),
        book=book,
        state=State.RUNNING,
        note=lambda *_: None,
        move=lambda _: None,
    )
    children = SimpleNamespace(notes_of_waiting=lambda: waiting or None)
    anything: Any = None
    return Driving(job, anything, anything, children, anything)  # type: ignore[arg-type]


def test_the_bar_goes_back_to_what_is_confirmed_where_the_rest_is_refused() -> None:
    """A part that is tried again leaves it where it is; where credentials have expired nothing is sent again soon."""
    book = DatasetBook()
    book.told(SENDS, 1.0)
    assert shown_bytes(book) == 15
    book.told(replace(SENDS, in_flight_bytes=0), 2.0)
    driving(book)._show_credentials()
    assert shown_bytes(book) == 15
    driving(book, "The token has expired.")._show_credentials()
    assert shown_bytes(book) == 5


def shown_bytes(book: DatasetBook) -> int:
    """Return how much the bar shows."""
    return book.view()[0].shown_bytes
