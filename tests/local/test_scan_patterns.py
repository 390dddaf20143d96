"""Which files of a folder count: .ossignore as git reads its own, rules in their order, and what is left out anyway."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from oss_jupyter.local.scan import scan
from oss_jupyter.model.dataset import DatasetSource, Piece, Rule, Selection, Trouble
from oss_jupyter.model.passed_over import Passed, PassedOver
from oss_jupyter.model.selection import selection_of
from oss_jupyter.model.upload_arguments import UploadArguments

TREE = (
    "a.csv", "b.csv", "b.tmp", "old.csv", "raw/a.csv", "raw/a.json", "raw/deep/a.csv", "raw/deep/b.tmp", "tmp/a.csv",
    "tmp/keep.csv", ".env", ".cache/a.csv", ".cache/b.bin", "raw/.cache/a.csv", ".git/config", "raw/.git", "src/a.py",
    "src/__pycache__/a.pyc", ".ipynb_checkpoints/n.ipynb", "n.ipynb",
)  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as people have them."""
    root = tmp_path_factory.mktemp("tree")
    plant(root, *TREE)
    return root


def plant(root: Path, *names: str, **ignores: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def rules(*signed: str) -> Selection:
    """Return rules from texts like "+*.csv" and "-tmp/", in this order."""
    return selection_of(UploadArguments.of(include=[Rule(text[1:], text[0] == "+") for text in signed]))


def keys(root: Path, selection: Selection | None = None, glob: str = "") -> set[str]:
    piece = Piece(str(root), pattern=glob)
    found = list(scan(DatasetSource((piece,), ""), selection or Selection(), lambda: False))
    assert [file.key for file in found] == sorted({file.key for file in found})
    assert all(file.trouble is Trouble.NONE for file in found)
    return {file.key for file in found}


PLAIN = {name for name in TREE if not any(part.startswith(".") or part == "__pycache__" for part in name.split("/"))}


def test_what_is_left_out_anyway(tree: Path) -> None:
    """Names with a dot and what tools leave; with `hidden` only the latter."""
    assert keys(tree) == PLAIN
    assert keys(tree, Selection(hidden=True)) == PLAIN | {".env", ".cache/a.csv", ".cache/b.bin", "raw/.cache/a.csv"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["+*.csv"], {name for name in PLAIN if name.endswith(".csv")}),
        (["-*.csv"], {name for name in PLAIN if not name.endswith(".csv")}),
        (["+*.csv", "-raw/"], {"a.csv", "b.csv", "old.csv", "tmp/a.csv", "tmp/keep.csv"}),
        (["-*", "+*.json"], {"raw/a.json"}),
        (["-tmp/", "+tmp/keep.csv"], PLAIN - {"tmp/a.csv"}),
        (["+tmp/keep.csv", "-tmp/"], set()),
        (["+raw/"], {name for name in PLAIN if name.startswith("raw/")}),
        (["+/raw/*"], {name for name in PLAIN if name.startswith("raw/")}),
        (["+/raw/*.csv"], {"raw/a.csv"}),
        (["+raw/**/*.csv"], {"raw/a.csv", "raw/deep/a.csv"}),
        (["+deep"], {"raw/deep/a.csv", "raw/deep/b.tmp"}),
        (["+deep", "-*.tmp"], {"raw/deep/a.csv"}),
        (["+deep/a.csv"], set()),
        (["+**/deep/a.csv"], {"raw/deep/a.csv"}),
        (["+a.csv/"], set()),
        (["+/a.*"], {"a.csv"}),
        (["+[ab].csv", "-/a.csv"], {"b.csv", "raw/a.csv", "raw/deep/a.csv", "tmp/a.csv"}),
        (["+*.csv", "-raw/", "+raw/deep/"],
         {"a.csv", "b.csv", "old.csv", "tmp/a.csv", "tmp/keep.csv", "raw/deep/a.csv", "raw/deep/b.tmp"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_the_last_rule_that_matches_counts(tree: Path, written: list[str], expected: set[str]) -> None:
    """For a name, or a folder above it. Everything starts out where the first rule takes in, and else in."""
    assert keys(tree, rules(*written)) == expected


@pytest.mark.parametrize(
    ("written", "more"),
    [
        (["-b.tmp", "+.env"], {".env"}),
        (["-b.tmp", "+.e*"], {".env"}),
        (["-b.tmp", "+*env"], set()),
        (["-b.tmp", "+.cache/"], {".cache/a.csv", ".cache/b.bin", "raw/.cache/a.csv"}),
        (["-b.tmp", "+/.cache/"], {".cache/a.csv", ".cache/b.bin"}),
        (["-b.tmp", "+/.cache/*.csv"], {".cache/a.csv"}),
        (["-b.tmp", "+/.cache/**"], {".cache/a.csv", ".cache/b.bin"}),
        (["-b.tmp", "+.cache/", "-*.bin"], {".cache/a.csv", "raw/.cache/a.csv"}),
        (["-b.tmp", "+.*"], {".env", ".cache/a.csv", ".cache/b.bin", "raw/.cache/a.csv"}),
        (["-b.tmp", "+.git/"], {".git/config"}),
        (["-b.tmp", "+.git"], {".git/config", "raw/.git"}),
        (["-b.tmp", "+.git/config"], {".git/config"}),
        (["-b.tmp", "+__pycache__/"], {"src/__pycache__/a.pyc"}),
        (["-b.tmp", "+*.pyc"], set()),
        (["-b.tmp", "+*cache*"], set()),
        (["-b.tmp", "+.ipynb_checkpoints/*.ipynb"], {".ipynb_checkpoints/n.ipynb"}),
        (["-b.tmp", "+**"], set()),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_left_out_anyway_comes_by_its_name(tree: Path, written: list[str], more: set[str]) -> None:
    """A wildcard alone does not mean a hidden name, as in a shell; nothing else of its folder comes along."""
    plain = {name for name in PLAIN if not name.endswith("b.tmp")}
    restored = {"b.tmp", "raw/deep/b.tmp"} if written[1] == "+**" else set()
    assert keys(tree, rules(*written)) == plain | more | restored


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("*.csv", {"a.csv", "b.csv", "old.csv"}),
        ("**/*.csv", {name for name in PLAIN if name.endswith(".csv")}),
        (".cache/*", {".cache/a.csv", ".cache/b.bin"}),
        ("**/.cache/*.csv", {".cache/a.csv", "raw/.cache/a.csv"}),
        (".e*", {".env"}),
        ("r*", {name for name in PLAIN if name.startswith("raw/")}),
        ("*/deep", {"raw/deep/a.csv", "raw/deep/b.tmp"}),
        ("*/*/*.csv", {"raw/deep/a.csv"}),
        ("src/__pycache__/*", {"src/__pycache__/a.pyc"}),
    ],
)
def test_a_glob_is_like_a_shells(tree: Path, glob: str, expected: set[str]) -> None:
    """Its wildcards do not mean hidden names, and a name that is written out does."""
    assert keys(tree, glob=glob) == expected
    assert keys(tree, rules("-*.csv"), glob=glob) == {name for name in expected if not name.endswith(".csv")}


def test_no_folder_is_looked_at_in_which_nothing_can_count(tmp_path: Path) -> None:
    """A folder of a million files that is left out costs one name."""
    plant(tmp_path, "a/x.csv", "a/b/x.csv", "z/x.csv")
    folder = tmp_path / "a" / "b"
    folder.rename(tmp_path / "a" / "real")
    folder.symlink_to("b")  # whoever looks into it meets a circle
    for selection in (rules("+/z/*.csv"), rules("-/a/"), rules("+/a/*.txt", "+/z/*.csv"), rules("-a", "+/z/x.csv")):
        scanned = scan(DatasetSource((Piece(str(tmp_path)),), ""), selection, lambda: False)
        assert [file.key for file in scanned] == ["z/x.csv"]


def test_an_ignore_file_holds_below_its_folder(tmp_path: Path) -> None:
    """A deeper one has the last word, and a ! takes in again; not out of a folder that is left out, as with git."""
    plant(tmp_path, "a.log", "b/a.log", "b/keep.log", "b/c/a.log", "b/c/x", "out/a", "out/deep/b", "x")
    (tmp_path / ".ossignore").write_text("# logs\n*.log\n\nout/\n!out/a\n", encoding="utf-8")
    (tmp_path / "b" / ".ossignore").write_text("\ufeff!keep.log\r\n/c/x  \n!c/a.log", encoding="utf-8")
    assert keys(tmp_path) == {"b/keep.log", "b/c/a.log", "x"}
    assert keys(tmp_path / "b") == {"a.log", "keep.log", "c/a.log"}
    scanned = scan(DatasetSource((Piece(str(tmp_path)),), ""), Selection(hidden=True), lambda: False)
    assert {file.key for file in scanned} == {"b/keep.log", "b/c/a.log", "x", ".ossignore", "b/.ossignore"}
    assert scanned.passed_over == PassedOver(unwanted=Passed(4, str(tmp_path / "a.log")))


def test_what_is_left_out_is_counted_by_why(tmp_path: Path) -> None:
    """Hidden names are one thing, what a pattern leaves out another; a file of patterns is neither."""
    plant(tmp_path, "a.csv", "a.tmp", ".env", ".git/x", "__pycache__/y", "raw/b.tmp", "raw/.cache/z", "old/1", "old/2")
    (tmp_path / ".ossignore").write_text("old/\n", encoding="utf-8")
    scanned = scan(DatasetSource((Piece(str(tmp_path)),), ""), rules("-*.tmp"), lambda: False)
    assert [file.key for file in scanned] == ["a.csv"]
    passed = scanned.passed_over
    assert (passed.hidden.count, passed.unwanted.count, passed.left_out) == (4, 3, 7)
    assert passed.unwanted.first == str(tmp_path / "a.tmp")
    globbed = scan(DatasetSource((Piece(str(tmp_path), pattern="*.csv"),), ""), Selection(), lambda: False)
    assert [file.key for file in globbed] == ["a.csv"]
    assert globbed.passed_over.unwanted.count == 3


def test_rules_of_an_upload_and_ignore_files(tmp_path: Path) -> None:
    """What an .ossignore leaves out comes in where an include rule asks for its name, and not by a wildcard."""
    plant(tmp_path, "a.csv", "raw/a.csv", "raw/b.csv", "raw/tmp/c.csv", "b.log", "notes.log")
    (tmp_path / ".ossignore").write_text("raw/\n*.log\ntmp/\n", encoding="utf-8")
    assert keys(tmp_path, rules("+*.csv")) == {"a.csv"}
    assert keys(tmp_path, rules("+*.csv", "+raw/")) == {"a.csv", "raw/a.csv", "raw/b.csv"}
    assert keys(tmp_path, rules("+raw/a.csv")) == {"raw/a.csv"}
    assert keys(tmp_path, rules("+raw/", "-b.csv")) == {"raw/a.csv"}
    assert keys(tmp_path, rules("+raw/", "+tmp/")) == {"raw/a.csv", "raw/b.csv", "raw/tmp/c.csv"}
    assert keys(tmp_path, rules("+notes.log", "+*.log")) == {"notes.log"}


def test_an_ignore_file_takes_hidden_names_in_by_name(tmp_path: Path) -> None:
    """So a folder can say for good that its .env belongs to it."""
    plant(tmp_path, ".env", ".other", "x", "__pycache__/y", ".git/z")
    (tmp_path / ".ossignore").write_text("!.env\n!*\n!__pycache__/\n", encoding="utf-8")
    assert keys(tmp_path) == {"x", "__pycache__/y"}
    (tmp_path / ".ossignore").write_text("!*\n!.env\n!__pycache__/\n", encoding="utf-8")
    assert keys(tmp_path) == {".env", "x", "__pycache__/y"}


def test_what_is_no_ignore_file(tmp_path: Path) -> None:
    """A folder of that name has no patterns, a pipe is not waited for; one too large to be a list stops its folder."""
    for name in ("a", "b", "c"):
        plant(tmp_path, f"{name}/x")
    (tmp_path / "a" / ".ossignore").mkdir()
    os.mkfifo(tmp_path / "b" / ".ossignore")
    (tmp_path / "c" / ".ossignore").write_bytes(b"#" * (1024 * 1024 + 1))
    rows = list(scan(DatasetSource((Piece(str(tmp_path)),), ""), Selection(), lambda: False))
    assert [(row.key, row.trouble) for row in rows] == [
        ("a/x", Trouble.NONE),
        ("b/x", Trouble.NONE),
        ("c/", Trouble.UNREADABLE),
    ]
    assert "1 MiB" in rows[2].detail


def test_patterns_match_names_that_are_no_utf8(tmp_path: Path) -> None:
    """The bytes of the file are the bytes of the name."""
    plant(tmp_path, os.fsdecode(b"\xc4\xe3.csv"), "x")
    (tmp_path / ".ossignore").write_bytes(b"\xc4\xe3*\n")
    assert keys(tmp_path) == {"x"}


# What git does with the same files.

GIT = shutil.which("git")
PATTERNS = [
    "*", "**", "*/", "**/", "/*", "/**", "a", "a/", "/a", "/a/", "a/b", "a/b/", "/a/b", "a/*", "a/**", "a/**/b", "**/b",
    "**/a/b", "a/**/c/", "b*", "*b", "?", "[ab]", "[!a]", "[^a]", "[a-b]", "[]", "[", "[!]", "a[", "[b-a]", "[]a]",
    r"\a", r"\*", "\\", r"\!a", r"\#a", "#a", "!", "!!a", "/", "//", "a//b", "//a", "a ", r"a\ ", " a", "a b", "", "  ",
    "***", "a/***", "**a", "a**b", "**/**", "a/**/**/b", "./a", "../a", "a/.", "a\r", "a\t", "[[]", "[a-]", "[--a]",
    "c/**/", "/**/b", "**/c/**", "a/*/c", "*/c", "?/c", "b/c", "a?c", "[/]", "ä", "*.ä",
]  # fmt: skip
SEGMENTS = st.sampled_from(["a", "b", "c", "a b", "ab", "#a", "!a", "*", "[", "a ", " a", "ä", "x.ä", "-", "]"])
PATHS = st.lists(st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join), min_size=1, max_size=12, unique=True)
LINES = st.lists(
    st.tuples(st.sampled_from(["", "", "!"]), st.sampled_from(PATTERNS)).map("".join), min_size=1, max_size=5
).map("\n".join)


@pytest.mark.skipif(GIT is None, reason="git is not there")
@settings(max_examples=80, deadline=None)
@given(PATHS, st.dictionaries(st.sampled_from(["", "a", "b", "a/b"]), LINES, min_size=1, max_size=3))
@example(["a/x", "a/b/x", "x"], {"": "*\n!*/\n!b/**"})
@example(["a/b", "a/c"], {"": "a/*\n!a/b"})
@example(["a/b/c"], {"": "a/", "a": "!b"})
@example(["a/b", "c"], {"": "a/**\n!a/b"})
@example(["a/x.ä", "x.ä"], {"": "*.ä\n!a/", "a": "!*"})
def test_ignore_files_mean_what_they_mean_to_git(paths: list[str], ignores: dict[str, str]) -> None:
    """Git, told to read .ossignore in place of its own files, finds the same."""
    # To git a ? and brackets stand for one byte, and here for one character.
    assume(all(map(str.isascii, paths)) or not set("?[") & set("".join(ignores.values())))
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for path in paths:
            if not any(one != path and f"{one}/".startswith(f"{path}/") for one in paths):
                plant(root, path)
        for folder, lines in ignores.items():
            if (root / folder).is_dir():
                (root / folder / ".ossignore").write_text(lines, encoding="utf-8", newline="")
        assert GIT is not None
        environment = {"PATH": os.environ["PATH"], "HOME": name, "GIT_CONFIG_NOSYSTEM": "1"}
        subprocess.run([GIT, "init", "-q", name], check=True, env=environment, capture_output=True)
        command = [GIT, "ls-files", "-z", "--others", "--exclude-per-directory=.ossignore"]
        done = subprocess.run(command, cwd=name, env=environment, check=True, capture_output=True)
        expected = set(filter(None, done.stdout.decode("utf-8").split("\0")))
        assert keys(root, Selection(hidden=True)) == expected


@settings(max_examples=60, deadline=None)
@given(PATHS, st.lists(st.tuples(st.sampled_from("+-"), st.sampled_from(PATTERNS)), min_size=1, max_size=4))
def test_pruning_loses_nothing(paths: list[str], written: list[tuple[str, str]]) -> None:
    """A walk finds what rules say of each path one by one, however they are mixed."""
    chosen = Selection(tuple(Rule(pattern, sign == "+") for sign, pattern in written), hidden=True)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        there = [path for path in paths if not any(one != path and f"{one}/".startswith(f"{path}/") for one in paths)]
        plant(root, *there)
        expected = {path for path in there if counts(path, chosen)}
        assert keys(root, chosen) == expected


def counts(path: str, selection: Selection) -> bool:
    """Whether rules take a path in: each is tried alone, on a tree with that path in it and nothing else."""
    verdict = not selection.rules[0].takes_in
    for rule in selection.rules:
        with tempfile.TemporaryDirectory() as name:
            plant(Path(name), path)
            if keys(Path(name), Selection((Rule(rule.pattern, True),), hidden=True)):
                verdict = rule.takes_in
    return verdict
