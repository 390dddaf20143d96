"""What values say to whoever reads Chinese: sentences that hold words of ours, and tables."""

from __future__ import annotations

import re
from datetime import datetime, timezone

import pytest

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.leftover import Leftover, Leftovers, Owner
from oss_jupyter.model.snippets import snippet
from oss_jupyter.model.states import Event, State, allowed, refusal
from oss_jupyter.model.target import make_prefix, make_target, parse_target
from oss_jupyter.texts import spoken

HAN = re.compile(r"[\u4e00-\u9fff]")
# Two English words of a sentence; a code stands alone.
ENGLISH = re.compile(r"[a-z]+ [a-z]+")


@pytest.fixture(autouse=True)
def speaks_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spoken, "_chosen", {"setting": "", "page": ""})
    monkeypatch.setenv("OSS_JUPYTER_LANGUAGE", "zh")


@pytest.mark.parametrize("state", State)
def test_a_refusal_names_the_state_in_chinese(state: State) -> None:
    """No English word of a state, a verb or an advice is left in it."""
    for event in (Event.PAUSE, Event.RESUME, Event.ABORT):
        if not allowed(state, event):
            error = refusal(state, event)
            assert not ENGLISH.search(str(error))
            assert all(HAN.search(line) for line in (error.what, error.safe, error.advice))


@pytest.mark.parametrize("key", ["/raw/x", "x" * 2000, "\udc80", "x?x-oss-signature=1"])
def test_what_is_wrong_with_a_key_is_one_sentence(key: str) -> None:
    """The rule that was broken is told within it, in the same language."""
    with pytest.raises(OssJupyterError) as caught:
        parse_target(f"oss://bucket/{key}")
    assert caught.value.what.startswith("对象名不符合要求：")
    assert HAN.search(caught.value.advice)
    assert not ENGLISH.search(str(caught.value))


def test_leftovers_are_told_in_chinese() -> None:
    """Heading, table, costs and the sentence about them."""
    begun = datetime(2026, 1, 1, tzinfo=timezone.utc)
    rows = [Leftover("a", "A1", begun, 86_400.0 * 24, owner, 3, 2**30) for owner in Owner]
    found = Leftovers(make_prefix("bucket", ""), tuple(rows), {"Standard": 0.12}, "CNY")
    told = [*str(found).splitlines(), found.in_a_sentence(), repr(found)]
    assert [line for line in told if not HAN.search(line) or ENGLISH.search(line)] == []


def test_the_comment_of_a_snippet_is_for_its_reader() -> None:
    """What runs is the same in every language; what explains it is not."""
    lines = snippet("python", make_target("bucket", "a.bin"), {"region": "cn-hangzhou"}, {}).splitlines()
    assert [HAN.search(line) is not None for line in lines] == [line.startswith("#") for line in lines]
