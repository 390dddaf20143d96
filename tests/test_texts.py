"""The catalogue of texts: complete in both languages, used, and looked up by keys that no rewording touches."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import oss_jupyter
from oss_jupyter.model.compare import Lack, Why
from oss_jupyter.model.dataset_text import reason_text
from oss_jupyter.model.progress import PartState, Phase
from oss_jupyter.model.states import Event, State, refusal
from oss_jupyter.notebook.panel.common import bundle
from oss_jupyter.notebook.panel.desk.rows import MISSING, UNUSABLE
from oss_jupyter.session.session import Session
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.texts import CATALOGUE, catalogue, say

from .shortage import no_new_descriptors

TEXTS: dict[str, dict[str, str]] = json.loads(CATALOGUE.read_text(encoding="utf-8"))
PACKAGE = Path(oss_jupyter.__file__).parent
# A text that JavaScript chooses by name, whatever the name is: say(`part_${name}`).
HOLE = re.compile(r"\$\{[^}]*\}")


def holes(text: str) -> list[str]:
    return sorted(re.findall(r"\{\w*\}", text))


def keys_in_python() -> Iterator[str]:
    """Yield what is said in Python, as patterns."""
    for path in PACKAGE.rglob("*.py"):
        code = path.read_text(encoding="utf-8")
        if re.search(r"^from oss_jupyter\.texts import .*\bsay$", code, re.MULTILINE):
            for node in ast.walk(ast.parse(code)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "say":
                    key = node.args[0]
                    yield from map(pattern_of, (key.body, key.orelse) if isinstance(key, ast.IfExp) else (key,))


def pattern_of(key: ast.expr) -> str:
    pieces = key.values if isinstance(key, ast.JoinedStr) else [key]
    return "".join(re.escape(str(piece.value)) if isinstance(piece, ast.Constant) else r"\w+" for piece in pieces)


def pages() -> list[Path]:
    """Return the modules of the widgets, and those of JupyterLab's extension."""
    return [*bundle.STATIC.rglob("*.js"), *(CATALOGUE.parents[1] / "lab").glob("*.js")]


def keys_in_javascript() -> Iterator[str]:
    """Yield what may be said on the page, as patterns: names in quotes, and what is put together within say()."""
    for path in pages():
        code = path.read_text(encoding="utf-8")
        yield from map(re.escape, re.findall(r'"(\w+)"', code))
        for made in re.findall(r"(?:say\(|name = )`(\w*\$\{.+?)`", code):
            yield r"\w+".join(map(re.escape, HOLE.split(made)))


def test_every_text_is_there_in_both_languages() -> None:
    """Nobody reads a gap, or a number in one language that the other leaves out."""
    for key, text in TEXTS.items():
        assert set(text) == {"en", "zh"}, key
        assert all(text.values()), key
        assert holes(text["en"]) == holes(text["zh"]), key


def test_no_text_is_there_twice() -> None:
    """The one that stands behind the other would win, and nobody would know."""
    pairs: list[tuple[str, object]] = json.loads(CATALOGUE.read_text(encoding="utf-8"), object_pairs_hook=list)
    keys = [key for key, _ in pairs]
    assert sorted(keys) == sorted(set(keys))


def test_every_text_is_used() -> None:
    """A text that nobody says any more is not translated any more."""
    patterns = {re.compile(pattern) for pattern in (*keys_in_python(), *keys_in_javascript())}
    assert not [key for key in TEXTS if not any(pattern.fullmatch(key) for pattern in patterns)]


def test_everything_that_is_said_is_there() -> None:
    """No page shows a key, and no cell fails for the want of a word."""
    said = {*keys_in_python()}
    for path in pages():
        said |= {*re.findall(r'\bsay\("(\w+)"', path.read_text(encoding="utf-8"))}
    assert len(said) > 80
    assert not [pattern for pattern in said if not any(re.fullmatch(pattern, key) for key in TEXTS)]


@pytest.mark.parametrize(
    "member", [*State, *(phase for phase in Phase if phase), *Why, *Lack], ids=lambda member: member.key
)
def test_states_and_phases_have_the_words_of_their_values(member: State | Phase | Why | Lack) -> None:
    """What code compares is what is shown, and what is looked up is the member's name."""
    key = f"{type(member).__name__.lower()}_{member.key}"
    assert say(key) == str(member)
    assert say(key, "zh") == TEXTS[key]["zh"]


def test_what_travels_to_the_page_has_words_there() -> None:
    """A state of the disk and a state of a part are told like those of a transfer."""
    keys = {
        f"state_{MISSING}",
        f"state_{UNUSABLE}",
        "state_stopped",
        *(f"part_{part.name.lower()}" for part in PartState),
    }
    assert keys <= TEXTS.keys()


def test_no_wording_is_a_key() -> None:
    """Whoever rewords an English text loses no Chinese one: a key is a short name, and never made of what is shown."""
    assert all(re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+){0,4}", key) for key in TEXTS)
    code = "\n".join(path.read_text(encoding="utf-8") for path in bundle.STATIC.rglob("*.js"))
    assert "replaceAll" not in code
    values = {member.value for member in (*State, *Phase) if " " in member.value}
    assert not [value for value in values if value in code]


def test_a_session_can_say_that_there_are_no_descriptors() -> None:
    """A failure that is told while nothing can be opened is told in words."""
    catalogue.cache_clear()
    Session(OssJupyter())
    with no_new_descriptors():
        assert say("state_failed") == "failed"


def test_without_the_catalogue_the_key_is_said() -> None:
    """Where not even a session could read it, what is told is the failure, and not that words are missing for it."""
    catalogue.cache_clear()
    with no_new_descriptors():
        told = refusal(State.FAILED, Event.PAUSE).what
        assert say("files_of", done="1", total="2") == "files of 1 2"
        assert reason_text("size: 1 B") == "size: 1 B"
    assert "state failed" in told
    assert say("state_failed") == "failed"


def test_the_catalogue_is_read_when_something_is_shown() -> None:
    """Importing costs no file more than before."""
    program = (
        "import oss_jupyter.session.text, oss_jupyter.texts as texts; print(texts.catalogue.cache_info().currsize);"
        "texts.say('estimating'); print(texts.catalogue.cache_info().currsize)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "1"]
