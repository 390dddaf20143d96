"""Which files of a dataset are wanted: what is written as a rule is read in order, or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.errors import InputError
from oss_jupyter.model.dataset import DatasetSource, Piece, Rule, Selection
from oss_jupyter.model.selection import refuse_for_one_file, refuse_without_folder, selection_of
from oss_jupyter.model.upload_arguments import UploadArguments


def selection(**given: Any) -> Selection:
    return selection_of(UploadArguments.of(**given))


def test_include_rules_count_first() -> None:
    """In Python there is no order between two arguments, so what leaves out has the last word."""
    chosen = selection(exclude="*.tmp", include=["*.csv", "/raw/"], hidden=True, follow_links=True)
    assert chosen.rules == (Rule("*.csv", True), Rule("/raw/", True), Rule("*.tmp", False))
    assert (chosen.hidden, chosen.follow_links) == (True, True)
    assert selection() == Selection()


def test_rules_keep_the_order_of_a_line() -> None:
    """The magic hands over rules that are in order already."""
    line = [Rule("*", False), Rule("*.csv", True), Rule("old.csv", False)]
    assert selection(include=line).rules == tuple(line)


@pytest.mark.parametrize("kind", [list, tuple, iter, dict.fromkeys], ids=lambda kind: kind.__name__)
def test_patterns_come_in_any_kind_of_list(kind: Any) -> None:
    """A generator is as good as a list."""
    given = kind(["a", "b"])
    given = given.keys() if isinstance(given, dict) else given
    assert selection(exclude=given).rules == (Rule("a", False), Rule("b", False))


@pytest.mark.parametrize(
    "pattern", ["*.csv", "/a/**/b/", "[a-z]?", r"\!important", r"\#1", "[!x]", "[]x]", "#1", "ü/🎈*"]
)
def test_what_is_a_pattern(pattern: str) -> None:
    """What .gitignore takes is taken, a # at the beginning too: an argument is no comment."""
    assert selection(include=pattern).rules == (Rule(pattern, True),)


@pytest.mark.parametrize(
    "wrong",
    [
        *(
            "",
            "  ",
            "/",
            "a//b",
            "!*.csv",
            "./raw/",
            "../raw",
            "raw/../x",
            "~/raw",
            "a[1.csv",
            "[]",
            "[!]",
            "raw\\",
            "a\0b",
        ),
        *("x" * 5000, 5, True, b"*.csv", {"*.csv": True}, ["*.csv", 5], ["*.csv", None], [["*.csv"]], [""]),
    ],
    ids=lambda value: repr(value)[:30],
)
@pytest.mark.parametrize("name", ["include", "exclude"])
def test_what_is_no_pattern(name: str, wrong: Any) -> None:
    """What could match nothing is refused with advice, and not taken for a rule that never counts."""
    with pytest.raises(InputError) as refused:
        selection(**{name: wrong})
    what, _, advice, code = refused.value.four_lines()
    assert name in what
    assert advice
    assert code
    assert len(what) < 300


def test_too_many_patterns_belong_into_a_file() -> None:
    """A list of ten thousand names is no pattern."""
    with pytest.raises(InputError, match="too many"):
        selection(exclude=["x"] * 10_001)


@pytest.mark.parametrize("name", ["hidden", "follow_links"])
def test_words_are_neither_yes_nor_no(name: str) -> None:
    """The text "no" would count as yes."""
    with pytest.raises(InputError, match=name):
        selection(**{name: "no"})


def test_rules_need_something_to_choose_from() -> None:
    """Where each file is named a rule would be passed over in silence."""
    files = DatasetSource((Piece("/a", "a", is_file=True), Piece("/b", "b", is_file=True)), "a, b")
    with pytest.raises(InputError, match="every file is named"):
        refuse_without_folder(files, selection(exclude="b"))
    refuse_without_folder(files, selection(hidden=True))
    refuse_without_folder(DatasetSource((*files.pieces, Piece("/c")), "c"), selection(exclude="b"))


@pytest.mark.parametrize(
    "given",
    [{"include": "*"}, {"exclude": ["a"]}, {"hidden": True}, {"follow_links": True}, {"compare": "size"}],
    ids=str,
)
def test_one_file_is_no_dataset(given: dict[str, Any]) -> None:
    """The single file that is uploaded is the one that was named; saying False, or nothing, is fine."""
    with pytest.raises(InputError) as refused:
        refuse_for_one_file(UploadArguments.of(**given), Path("/data/a.csv"))
    what, _, advice, code = refused.value.four_lines()
    assert next(iter(given)) in what
    assert "/data/a.csv" in what
    assert advice
    assert code == "NothingToChoose"
    refuse_for_one_file(UploadArguments.of(hidden=False, follow_links=False, include=None), Path("/data/a.csv"))
