"""The list of objects, beside files in the order of their keys: right, and asked for as seldom as can be."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oss_jupyter.engine.dataset.listing import Listing, just_below
from oss_jupyter.errors import NetworkError
from oss_jupyter.model.compare import Unknown
from oss_jupyter.model.target import KEY_MAX_BYTES
from oss_jupyter.model.wire_values import ListedObject, ObjectPage

# Few letters, so that keys meet; and the ends of what a character can be.
CHARACTERS = "ab/ !\x00\x01\x7f\u00e9\ud7ff\ue000\uffff\U00010000\U0010fffd\U0010ffff"
NAMES = st.text(st.sampled_from(CHARACTERS), min_size=1, max_size=4)


class Bucket:
    """Keys in the order of their bytes, and how often they were asked for. sizes: of pages, in turns."""

    def __init__(self, keys: set[str], prefix: str = "", sizes: tuple[int, ...] = (1000,)) -> None:
        self.objects = {key: ListedObject(key, len(key), "E") for key in keys if key.startswith(prefix)}
        self._keys = sorted(key.encode() for key in self.objects)
        self._sizes = sizes
        self.asked: list[str] = []

    def ask(self, start_after: str) -> ObjectPage | None:
        """Return the page behind a key."""
        assert len(start_after.encode()) <= KEY_MAX_BYTES
        size = self._sizes[len(self.asked) % len(self._sizes)]
        self.asked.append(start_after)
        first = bisect_right(self._keys, start_after.encode())
        shown = [key.decode() for key in self._keys[first : first + size]]
        return ObjectPage(tuple(map(self.objects.__getitem__, shown)), first + size >= len(self._keys))


@given(
    prefix=st.sampled_from(["", "a/", "b", "\ue000"]),
    there=st.sets(NAMES, max_size=40),
    others=st.sets(NAMES, max_size=10),
    files=st.sets(NAMES, max_size=40),
    sizes=st.lists(st.integers(1, 7), min_size=1, max_size=3).map(tuple),
)
@settings(max_examples=300)
def test_it_is_what_the_bucket_holds(
    prefix: str, there: set[str], others: set[str], files: set[str], sizes: tuple[int, ...]
) -> None:
    """Every file is found or not as in a dictionary, whatever the characters and the sizes of the pages."""
    bucket = Bucket({prefix + name for name in there} | others, prefix, sizes)
    listing = Listing(bucket.ask)
    wanted = sorted((prefix + name for name in files), key=str.encode)
    assert [listing.find(key) for key in wanted] == [bucket.objects.get(key) for key in wanted]
    assert len(set(bucket.asked)) == len(bucket.asked)
    assert len(bucket.asked) <= max(1, ceil(len(bucket.objects) / min(sizes)))


@given(
    there=st.sets(st.text(st.characters(codec="utf-8"), min_size=1, max_size=6), max_size=30),
    files=st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=6), max_size=30),
)
def test_any_order_of_files_is_right(there: set[str], files: list[str]) -> None:
    """Only the number of requests depends on it."""
    bucket = Bucket(there, sizes=(3,))
    listing = Listing(bucket.ask)
    wanted = files + sorted(there)
    assert [listing.find(key) for key in wanted] == [bucket.objects.get(key) for key in wanted]


ANY = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
WRITTEN = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=3)


@given(key=ANY, tail=WRITTEN)
def test_the_key_to_start_after_is_just_below(key: str, tail: str) -> None:
    """It sorts before the key, and no key that people write lies between."""
    start, last = key[:-1], ord(key[-1])
    below = just_below(key).encode()
    assert below < key.encode()
    near = [start + tail, start, *(start + chr(last - back) + tail for back in (1, 2) if _is_written(last - back))]
    assert not [one for one in near if below < one.encode() < key.encode()]


@given(ANY)
def test_the_key_to_start_after_is_not_too_long(key: str) -> None:
    """What comes before the longest key is one that the service takes, too."""
    key = "k" * (KEY_MAX_BYTES - len(key.encode())) + key
    below = just_below(key).encode()
    assert below < key.encode()
    assert len(below) <= KEY_MAX_BYTES


@pytest.mark.parametrize("count", [1, 999, 1000, 1001, 9_999, 10_000, 100_000])
def test_unchanged_files_cost_a_request_a_thousand(count: int) -> None:
    """The last page says that it is the last, so nothing is asked behind it."""
    keys = sorted(f"raw/{number // 100:04}/{number % 100:02}.jpg" for number in range(count))
    bucket = Bucket(set(keys), "raw/")
    listing = Listing(bucket.ask)
    assert all(isinstance(listing.find(key), ListedObject) for key in keys)
    assert len(bucket.asked) == ceil(count / 1000)


def test_an_empty_prefix_costs_one_request() -> None:
    """The first answer says that there is nothing at all."""
    bucket = Bucket({"other/a", "z"}, "raw/")
    listing = Listing(bucket.ask)
    assert [listing.find(f"raw/{number}") for number in range(10_000, 20_000)] == [None] * 10_000
    assert len(bucket.asked) == 1


def test_a_few_files_among_many_objects_cost_a_request_each() -> None:
    """What lies between them is jumped over."""
    bucket = Bucket({f"raw/{number:06}" for number in range(100_000)}, "raw/")
    listing = Listing(bucket.ask)
    found = [listing.find(f"raw/{number:06}") for number in range(500, 100_000, 10_000)]
    assert all(isinstance(one, ListedObject) for one in found)
    assert len(bucket.asked) == 10


def test_pages_that_are_not_full_are_gone_through() -> None:
    """A service may give fewer than it was asked for, and still have more."""
    keys = {f"raw/{number:04}" for number in range(1000)}
    bucket = Bucket(keys, "raw/", sizes=(1, 300, 7))
    listing = Listing(bucket.ask)
    assert [listing.find(key) for key in sorted(keys)] == [bucket.objects[key] for key in sorted(keys)]
    assert len(bucket.asked) < 12


def test_where_nothing_may_be_listed_it_is_asked_once() -> None:
    """One refusal counts for all files."""
    asked = []
    listing = Listing(lambda start_after: asked.append(start_after))
    assert listing.permitted
    assert {listing.find(str(number)) for number in range(10)} == {Unknown.NOT_PERMITTED}
    assert len(asked) == 1
    assert not listing.permitted


def test_a_request_that_fails_is_asked_again() -> None:
    """A line that breaks leaves the list as it was."""
    bucket = Bucket({"a", "b"}, sizes=(1,))
    failures = [NetworkError("The line broke.")]

    def ask(start_after: str) -> ObjectPage | None:
        if start_after >= "a" and failures:
            raise failures.pop()
        return bucket.ask(start_after)

    listing = Listing(ask)
    assert listing.find("a") == bucket.objects["a"]
    with pytest.raises(NetworkError):
        listing.find("b")
    assert [listing.find("a"), listing.find("b")] == [bucket.objects["a"], bucket.objects["b"]]


def _is_written(code: int) -> bool:
    return code > ord(" ") and unicodedata.category(chr(code))[0] != "C"
