"""One limit among several."""

from __future__ import annotations

from oss_jupyter.model.share import share


def test_everybody_gets_the_same_where_nobody_wants_less() -> None:
    """The shares are equal and add up to the limit."""
    assert share(9.0, {"a": None, "b": None, "c": None}) == {"a": 3.0, "b": 3.0, "c": 3.0}


def test_what_a_modest_one_leaves_goes_to_the_others() -> None:
    """A lower limit of one's own is kept, and the rest is divided among the others."""
    assert share(9.0, {"a": 1.0, "b": None, "c": 100.0}) == {"a": 1.0, "b": 4.0, "c": 4.0}


def test_without_a_common_limit_own_limits_stay() -> None:
    """No common limit changes nothing."""
    assert share(None, {"a": 5.0, "b": None}) == {"a": 5.0, "b": None}


def test_nobody_is_an_empty_division() -> None:
    """With nothing running there is nothing to divide."""
    assert share(9.0, {}) == {}
