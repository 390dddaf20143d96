"""What Python says to people is there in Chinese, and said by nothing that cannot be translated."""

from __future__ import annotations

import ast
import errno
import json
import os
import re
import string
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import oss_jupyter
from oss_jupyter import texts
from oss_jupyter.errors import SourceMissing
from oss_jupyter.model.sizes import count
from oss_jupyter.texts import CATALOGUE, CHINESE, about, chinese, clauses, listed, say, spoken, tr
from oss_jupyter.texts.system import system_words

PACKAGE = Path(oss_jupyter.__file__).parent
CATALOGUES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(CHINESE.glob("*.json"))}
SENTENCES: dict[str, str] = {english: zh for sentences in CATALOGUES.values() for english, zh in sentences.items()}
# Two words of prose, beside each other.
PROSE = re.compile(r"(?:^|[\s(\"'])[A-Za-z][a-z]* [a-z]{2,}")
# Code to be run or pasted, which is the same in every language.
CODE = re.compile(r"(?:from [\w.]+ )?import \w|ossutil cp ")
HAN = r"[\u4e00-\u9fff]"
NARROW = re.compile(rf"{HAN} ?[,;:?!(]|[,;:?!] ?{HAN}")
CALLS = {"tr", "english", "count", "say"}
# Nobody reads these: they are for whoever writes or debugs code, or belong to somebody else's protocol.
SILENT = {
    "debug",
    "info",
    "warning",
    "exception",
    "error",
    "AssertionError",
    "TypeError",
    "RuntimeError",
    "AttributeError",
    "PartStopped",
    # What befell a small file, for logs.
    "Doubt",
    "NotAsFound",
    "_lost",
    "_snag",
    "compile",
    "transfer_id",
    # By which an exception of somebody else's is told.
    "_says",
}
ELSEWHERE = {
    **dict.fromkeys(
        (
            f"sandbox/{name}"
            for name in (
                "admin",
                "admission",
                "authentication",
                "bucket_operations",
                "copy_operations",
                "documents",
                "multipart_operations",
                "object_headers",
                "replies",
                "request",
                "signatures",
            )
        ),
        "what the service says, which is English",
    ),
    "sandbox/sending": "why a reply breaks off, which nobody is told",
}


@cache
def modules() -> dict[str, ast.Module]:
    """Return each file of the package as it is read."""
    files = sorted(PACKAGE.rglob("*.py"))
    return {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in files}


@cache
def all_calls() -> list[tuple[str, ast.Call]]:
    """Return each call with its place."""
    nodes = ((place, node) for place, tree in modules().items() for node in ast.walk(tree))
    return [(f"{place}:{node.lineno}", node) for place, node in nodes if isinstance(node, ast.Call)]


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def literals(node: ast.expr) -> list[str]:
    """Return what an argument may be, where it is written there."""
    if isinstance(node, ast.IfExp):
        return [*literals(node.body), *literals(node.orelse)]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def calls(*names: str) -> Iterator[tuple[str, ast.Call]]:
    return ((place, call) for place, call in all_calls() if name_of(call) in names and call.args)


@cache
def said() -> set[str]:
    """Return the sentences and phrases that Python says."""
    sentences = {literal for _, call in calls("tr", "english") for literal in literals(call.args[0])}
    for _, call in calls("count"):
        for noun in call.args[2:3] or call.args[1:2]:
            sentences |= {"{number} " + word + ("" if call.args[2:3] else "s") for word in literals(noun)}
    return sentences


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_sentence_is_there_in_chinese() -> None:
    """Nobody who reads Chinese meets an English one."""
    assert not sorted(said() - SENTENCES.keys())


def test_a_catalogue_that_was_half_installed_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file of it cannot be read, or is cut off, what is said is said in English."""
    monkeypatch.setenv("OSS_JUPYTER_LANGUAGE", "zh")
    (tmp_path / "cut.json").write_text('{"There are no uploads.": "没有', encoding="utf-8")
    monkeypatch.setattr(texts, "CHINESE", tmp_path)
    chinese.cache_clear()
    try:
        assert tr("There are no uploads.") == "There are no uploads."
    finally:
        chinese.cache_clear()


def test_no_sentence_is_there_that_nobody_says() -> None:
    """What is not said any more is not translated any more."""
    assert not sorted(SENTENCES.keys() - said())


def test_a_sentence_stands_in_one_file() -> None:
    """One that several packages say stands in common.json, so that it is never told in two ways."""
    assert [
        sentence for sentence, files in Counter(s for c in CATALOGUES.values() for s in c).items() if files > 1
    ] == []


def test_the_holes_are_the_same() -> None:
    """No number and no name is lost in translation."""
    assert not [english for english, zh in SENTENCES.items() if holes(english) != holes(zh)]


def test_each_hole_is_filled() -> None:
    """A sentence with a hole that nobody fills would fail where it is needed most."""
    wrong = [
        (place, literal)
        for place, call in calls("tr")
        if all(keyword.arg for keyword in call.keywords)
        for literal in literals(call.args[0])
        if holes(literal) != {keyword.arg for keyword in call.keywords}
    ]
    assert not wrong


def test_chinese_is_written_as_chinese() -> None:
    """With characters of its own, and with its own punctuation beside them."""
    every = [*SENTENCES.values(), *(text["zh"] for text in json.loads(CATALOGUE.read_text(encoding="utf-8")).values())]
    # A sentence that consists of holes and punctuation has no characters of its own.
    worded = [zh for english, zh in SENTENCES.items() if re.search("[a-z]", re.sub("{.*?}", "", english))]
    assert [zh for zh in worded if not re.search(HAN, zh)] == []
    assert [zh for zh in every if NARROW.search(zh)] == []


def prose(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield what looks like English for people, and is neither a docstring nor given to what translates it."""
    silent: set[int] = set()
    for node in ast.walk(tree):
        silent |= {id(inner) for quiet in silenced(node) for inner in ast.walk(quiet)}
        if isinstance(node, ast.JoinedStr) and id(node) not in silent:
            text = "".join(str(piece.value) if isinstance(piece, ast.Constant) else "…" for piece in node.values)
            silent |= {id(piece) for piece in node.values if isinstance(piece, ast.Constant)}
            if is_prose(text):
                yield node.lineno, text
        if isinstance(node, ast.Constant) and id(node) not in silent and is_prose(str(node.value)):
            yield node.lineno, str(node.value)


def silenced(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is no text for people of what a node holds."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    elif isinstance(node, ast.Call) and name_of(node) in CALLS | SILENT:
        yield from node.args
    elif isinstance(node, ast.Compare):
        yield node  # with somebody else's words
    elif isinstance(node, ast.Assert) and node.msg is not None:
        yield node.msg
    elif isinstance(node, ast.keyword) and node.arg == "python":
        yield node.value  # see `Argument`: it goes into a docstring
    elif isinstance(node, ast.Subscript) and getattr(node.value, "id", "") == "Annotated":
        yield from (one for one in getattr(node.slice, "elts", []) if not isinstance(one, ast.Call))  # see `described`
    elif isinstance(node, ast.ClassDef) and any(getattr(base, "id", "").endswith("Enum") for base in node.bases):
        # A value is data, unless it is a sentence.
        values = [one.value for one in node.body if isinstance(one, ast.Assign)]
        yield from (value for value in values if not str(getattr(value, "value", ".")).endswith("."))


def is_prose(text: str) -> bool:
    """Whether a text has words of people, and is no piece of a program."""
    return PROSE.search(text) is not None and not is_code(text)


def is_code(text: str) -> bool:
    """Whether a text is a command, or what a program may be made of: statements of Python, with holes or without."""
    if CODE.match(text):
        return True
    try:
        return not all(isinstance(one, ast.Expr) for one in ast.parse(text.replace("…", "_")).body)
    except (SyntaxError, ValueError):
        return False


def test_no_english_sentence_is_said_as_it_is() -> None:
    """What people read goes through the catalogue."""
    found = [
        f"{place}:{line}: {text[:80]}"
        for place, tree in modules().items()
        if not place.startswith(tuple(ELSEWHERE))
        for line, text in prose(tree)
    ]
    assert not found


def test_the_demonstration_speaks_both_languages() -> None:
    """Who reads Chinese meets no heading in English among lines of progress in Chinese."""
    tree = ast.parse((Path(__file__).parent / "demo.py").read_text(encoding="utf-8"))
    called = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    pairs = [call.args for call in called if name_of(call) == "_in"]
    assert len(pairs) > 15
    for english, zh in pairs:
        assert re.search(HAN, ast.unparse(zh))
        assert not re.search(HAN, ast.unparse(english))
    both = {id(inner) for pair in pairs for one in pair for inner in ast.walk(one)}
    said = [inner for call in called if name_of(call) in {"print", "step"} for inner in ast.walk(call)]
    texts = [one.value for one in said if isinstance(one, ast.Constant) and id(one) not in both]
    assert [text for text in texts if isinstance(text, str) and PROSE.search(text)] == []


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that names no language, and nothing chosen by anybody."""
    for variable in ("OSS_JUPYTER_LANGUAGE", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(spoken, "_chosen", {"setting": "", "page": ""})
    return monkeypatch


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh@pinyin"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "fr:en"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "OSS_JUPYTER_LANGUAGE": "en"}, "en"),
        ({"LANG": "en_US.UTF-8", "OSS_JUPYTER_LANGUAGE": "zh"}, "zh"),
    ],
)
def test_the_environment_names_the_language(
    environment: pytest.MonkeyPatch, variables: dict[str, str], language: str
) -> None:
    """In the order of gettext, and with a variable of our own before the others."""
    for variable, value in variables.items():
        environment.setenv(variable, value)
    assert spoken.language() == language


@pytest.mark.parametrize(
    ("lang", "page", "language", "for_pages"),
    [
        ("zh_CN.UTF-8", "en", "zh", "zh"),  # nobody chose that page's language: it is what JupyterLab begins with
        ("zh_CN.UTF-8", "zh-CN", "zh", "zh"),
        ("en_US.UTF-8", "zh-CN", "zh", ""),
        ("C.UTF-8", "zh-CN", "zh", ""),
        ("C.UTF-8", "de-DE", "en", ""),
    ],
)
def test_chinese_is_spoken_where_page_or_environment_name_it(
    environment: pytest.MonkeyPatch, lang: str, page: str, language: str, for_pages: str
) -> None:
    """Kernel and page speak the same: where the page does not know, the kernel tells it."""
    environment.setenv("LANG", lang)
    spoken.page_speaks(page)
    assert (spoken.language(), spoken.language_for_pages()) == (language, for_pages)


def test_the_setting_counts_more_than_page_and_environment(environment: pytest.MonkeyPatch) -> None:
    """What somebody chose is what they get."""
    environment.setenv("LANG", "zh_CN.UTF-8")
    spoken.page_speaks("zh-CN")
    spoken.choose_language("en")
    assert (spoken.language(), spoken.language_for_pages()) == ("en", "en")
    spoken.choose_language("")
    assert (spoken.language(), spoken.language_for_pages()) == ("zh", "zh")


def test_an_error_speaks_chinese(environment: pytest.MonkeyPatch) -> None:
    """All that is said in Python takes the one language: sentences, words of the panel, and counts."""
    environment.setenv("LANG", "zh_CN.UTF-8")
    assert str(SourceMissing(tr("Nothing was sent."))).startswith("没有发送任何数据。")
    assert say("estimating") == "正在估算"
    assert listed(["a", "b"]) == "a、b"
    assert listed(["a", "b"], ";") == "a；b"
    assert (clauses("a", "", "b"), about("a", "b"), about("a", "")) == ("a，b", "a：b", "a")
    assert count(1, "part") == count(1, "part").replace("part", "") != "1 part"


def test_what_is_in_a_row_is_separated_as_the_language_does(environment: pytest.MonkeyPatch) -> None:
    """In English by the same marks, with a space behind."""
    environment.setenv("LANG", "en_US.UTF-8")
    assert listed(["a", "b"]) == "a, b"
    assert listed(["a", "b"], ";") == "a; b"
    assert (clauses("a", "", "b"), about("a", "b"), about("a", "")) == ("a, b", "a: b", "a")


def test_the_system_speaks_chinese(environment: pytest.MonkeyPatch) -> None:
    """Its reason does not stand in English in a Chinese sentence; what nobody knows is told as it is."""
    environment.setenv("LANG", "zh_CN.UTF-8")
    assert system_words(PermissionError(errno.EACCES, os.strerror(errno.EACCES))) == "权限不足"
    assert system_words(OSError(5, "some {words}")) == "some {words}"
    assert system_words(TimeoutError()) == "TimeoutError"


def test_without_the_catalogue_english_is_spoken(environment: pytest.MonkeyPatch) -> None:
    """Whoever says that there are no descriptors left needs none for it."""
    environment.setenv("LANG", "zh_CN.UTF-8")

    def unreadable() -> dict[str, str]:
        raise OSError(24, "Too many open files")

    environment.setattr("oss_jupyter.texts.chinese", unreadable)
    assert tr("Nothing was sent.") == "Nothing was sent."
    assert chinese()
