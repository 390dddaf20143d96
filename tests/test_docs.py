"""What the documents say is so: what a user is told to type is typed here, and every table is compared with the code.

This file writes the two tables of docs/options.md: `python -m tests.test_docs` after an option or setting has changed.
"""

from __future__ import annotations

import argparse
import inspect
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import oss_jupyter
import oss_jupyter.sandbox
from oss_jupyter import DatasetTransfer, errors
from oss_jupyter.notebook.magics.magics import OssMagics
from oss_jupyter.sandbox import Key, Sandbox
from oss_jupyter.session.settings import OssJupyter

from .demo import Kernel, jupyter_home, kernel_environment

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
OPTIONS = DOCS / "options.md"
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "README.zh-CN.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(DOCS.glob("*.md")),
]
# What `tests/conftest.py` gives the sandbox.
KEY = Key("test-key-id", "test-key-secret")
FILE_NAME = "trips.parquet"  # the file that the documents upload
FILE_BYTES = os.urandom(20 * 1024 * 1024)  # two parts and a half


def blocks(document: Path, language: str) -> list[str]:
    """Return the fenced blocks of a language, from top to bottom."""
    return re.findall(rf"^```{language}\n(.*?)^```$", document.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def without_comments(code: str) -> str:
    """Return what is run: a comment begins its line, or stands behind two blanks."""
    return re.sub(r"(^|  )# .*$", "", code, flags=re.MULTILINE)


def code_words(document: Path) -> list[str]:
    """Return what stands in backquotes or in fenced blocks."""
    text = document.read_text(encoding="utf-8")
    return re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL)


@pytest.fixture
def home(sandbox: Sandbox, tmp_path: Path) -> Iterator[Path]:
    """A user's folder with the file, and the bucket that the documents speak of."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / FILE_NAME).write_bytes(FILE_BYTES)
    (folder / "README.txt").write_text("What the trips are.\n", encoding="utf-8")
    for name in ("images/2026-07/beach/1.jpg", "images/2026-08/2.jpg", "images/keep.tmp", "images/other.tmp"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name, encoding="utf-8")
    sandbox.create_bucket("my-bucket")
    with jupyter_home(folder):
        yield folder
    stop = [sys.executable, "-m", "oss_jupyter.sandbox", "--stop"]
    subprocess.run(stop, env=kernel_environment(sandbox, KEY, folder), check=False, capture_output=True, timeout=30)


# What a user types.


def test_the_cells_of_the_documents_work_when_they_are_typed_one_after_the_other(sandbox: Sandbox, home: Path) -> None:
    """A reader who types every cell in order meets no error and finds the objects."""
    shown = []
    with Kernel(home, kernel_environment(sandbox, KEY, home)) as kernel:
        # A region alone leads to the real service; the setting keeps those cells here.
        kernel.run(f"import oss_jupyter; oss_jupyter.settings().endpoint = {sandbox.endpoint!r}", silent=True)
        for document in DOCUMENTS:
            shown += [kernel.run(cell) for cell in blocks(document, "python")]
        kernel.run("%oss_uploads wait all")
    assert "demo-bucket/data/trips.parquet" in "".join(shown)
    for name in ("images/2026-08/2.jpg", "summer/2026-07/beach/1.jpg", "raw/images/keep.tmp", "mixed/README.txt"):
        assert sandbox.object_path("my-bucket", name).is_file(), name
    for key in ("data", "copies", "archive"):
        assert sandbox.object_path("my-bucket", f"{key}/{FILE_NAME}").read_bytes() == FILE_BYTES


def test_command_lines_of_python_work(sandbox: Sandbox, home: Path) -> None:
    """The line for scripts can be copied, and needs no notebook and no settings."""
    lines = [
        line
        for block in blocks(DOCS / "python.md", "sh")
        for line in block.splitlines()
        if line.startswith("python -c")
    ]
    assert lines, "a page shows how to upload from a plain script"
    for line in lines:
        command = shlex.split(line.replace("https://oss-cn-hangzhou.aliyuncs.com", sandbox.endpoint))
        environment = kernel_environment(sandbox, KEY, home)
        del environment["OSS_ENDPOINT"], environment["OSS_REGION"]
        done = subprocess.run(
            [sys.executable, *command[1:]], cwd=home, env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        assert "Receipt(url='oss://my-bucket/trips.parquet'" in done.stdout
    assert sandbox.object_path("my-bucket", FILE_NAME).read_bytes() == FILE_BYTES


def test_the_commands_of_the_documents_work(sandbox: Sandbox, home: Path) -> None:
    """Each command of its page can be copied, one after the other, and does what it is for."""
    lines = [
        line
        for block in blocks(DOCS / "command-line.md", "sh")
        for line in block.splitlines()
        if line.startswith("oss-jupyter")
    ]
    assert {line.split()[1] for line in lines} >= {"upload", "list", "history", "check", "leftovers"}
    environment = kernel_environment(sandbox, KEY, home)
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        done = subprocess.run(
            [sys.executable, "-m", "oss_jupyter", *words], cwd=home, env=environment, capture_output=True, timeout=60
        )
        assert done.returncode == 0, f"{line}\n{done.stdout!r}\n{done.stderr!r}"
    assert sandbox.object_path("my-bucket", f"data/{FILE_NAME}").read_bytes() == FILE_BYTES
    assert sandbox.object_path("my-bucket", "images/2026-08/2.jpg").is_file()


def test_the_statuses_of_commands_are_told_alike() -> None:
    """The page names the exit statuses that the help names."""
    done = subprocess.run([sys.executable, "-m", "oss_jupyter", "--help"], capture_output=True, text=True, check=True)
    page = (DOCS / "command-line.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| ([\d, ]+) \|", page, re.MULTILINE)
    statuses = {status for row in told for status in row.split(", ")}
    assert statuses == set(re.findall(r"\b(\d|1\d\d)\b", done.stdout.partition("exit status:")[2]))


def test_every_make_command_of_the_documents_is_a_target() -> None:
    """A contributor is not sent to a target that was renamed."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for document in DOCUMENTS:
        named = re.findall(r"\bmake ([a-z-]+)", " ".join(code_words(document)))
        assert set(named) <= targets, document.name


def test_every_magic_action_and_option_of_the_documents_exists() -> None:
    """No document shows a word that the magics do not know."""
    magics = (OssMagics.oss_upload, OssMagics.oss_uploads, OssMagics.oss_sandbox)
    known = {word for magic in magics for action in _parser(magic)._actions for word in action.option_strings}
    known.add("--help")  # which every magic takes before its parser sees the line
    actions = {
        f"oss_{name}": next(action for action in _parser(magic)._actions if action.dest == "action").choices
        for name, magic in (("uploads", OssMagics.oss_uploads), ("sandbox", OssMagics.oss_sandbox))
    }
    for document in DOCUMENTS:
        for text in code_words(document):
            for line in re.findall(r"%oss_.*", text):
                assert set(re.findall(r"(?<= )--[a-z-]+", line)) <= known, line
            for magic, action in re.findall(r"%(oss_uploads|oss_sandbox) ([a-z]+)", text):
                assert action in (actions[magic] or ()), f"%{magic} {action}"


def test_every_python_name_of_the_documents_exists() -> None:
    """No document shows a name that raises AttributeError."""
    words = " ".join(word for document in DOCUMENTS for word in code_words(document))
    package, transfer = (set(re.findall(rf"\b{of}\.([A-Za-z_]+)", words)) for of in ("oj", "transfer"))
    assert "upload" in package
    assert package <= set(dir(oss_jupyter))
    assert "pause" in transfer
    assert transfer <= {*dir(DatasetTransfer), "id"}


def test_the_least_policy_is_json_and_asks_for_no_more_than_putting_objects() -> None:
    """What people paste into RAM is valid, and gives nothing away."""
    policy, *_ = map(json.loads, blocks(ROOT / "docs" / "permissions.md", "json"))
    assert [statement["Action"] for statement in policy["Statement"]] == [["oss:PutObject"]]


# What the tables say.


def test_the_options_are_the_words_of_the_python_function() -> None:
    """What is learnt for the magic holds for Python, and the other way round."""
    options = {action.dest for action in _parser(OssMagics.oss_upload)._actions}
    arguments = set(inspect.signature(oss_jupyter.upload).parameters)
    # A function and an executor cannot be written on a line, and a kernel does not wait at its end. The short name of
    # an option is another word for it. What --dry-run does, oj.plan does; and Python tells variables from paths itself.
    only_python = {"on_progress", "executor", "wait_at_exit", "sse"}
    assert options - {"help", "wait", "dry_run", "variable"} == arguments - only_python


def test_the_tables_of_options_are_those_of_the_code() -> None:
    """The tables lag behind no option, default or help text."""
    assert OPTIONS.read_text(encoding="utf-8") == with_tables(OPTIONS.read_text(encoding="utf-8")), (
        "an option or setting has changed; run: python -m tests.test_docs"
    )


def with_tables(text: str) -> str:
    """Return the page with its tables as they should be."""
    for name, rows in (("options", _option_rows()), ("settings", _setting_rows())):
        head, tail = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, _, rest = text.partition(head)
        _, _, after = rest.partition(tail)
        assert after, f"the page has a place for the table of {name}"
        table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
        text = f"{before}{head}{table}{tail}{after}"
    return text


def _option_rows() -> Iterator[tuple[str, str]]:
    yield ("Option", "What it does")
    yield ("---", "---")
    for action in _parser(OssMagics.oss_upload)._actions:
        if action.option_strings and action.dest != "help":
            takes = f" {action.metavar or action.dest.upper()}" if action.nargs != 0 else ""
            if action.choices:
                takes = " " + " or ".join(map(str, action.choices))
            words = ", ".join(f"`{word}{takes}`" for word in action.option_strings if not word.startswith("--no-"))
            yield (words, (action.help or "").partition(" (default")[0])


def _setting_rows() -> Iterator[tuple[str, str, str]]:
    yield ("Setting", "Default", "What it does")
    yield ("---", "---", "---")
    for name, trait in sorted(OssJupyter.class_own_traits(config=True).items()):
        default = getattr(OssJupyter(), name)
        yield (f"`{name}`", "" if default is None else f"`{default}`", trait.help)


def _parser(magic: object) -> argparse.ArgumentParser:
    parser = magic.parser  # type: ignore[attr-defined]
    assert isinstance(parser, argparse.ArgumentParser)
    return parser


# What the documents point at.


def test_links_lead_where_something_is(subtests: pytest.Subtests) -> None:
    """No link of the documents is dead after a file was moved, or a heading was worded anew."""
    for document in [*DOCUMENTS, *sorted((ROOT / "docs").glob("[!.]*/*.md"))]:  # JupyterLab keeps copies
        with subtests.test(str(document.relative_to(ROOT))):
            links = re.findall(r"\]\(([^)]+)\)", document.read_text(encoding="utf-8"))
            gone = [link for link in links if "://" not in link and not _leads_somewhere(document, link)]
            assert not gone


def _leads_somewhere(document: Path, link: str) -> bool:
    """Whether a link has its file, and the file the heading."""
    path, _, anchor = link.partition("#")
    target = document.parent / path if path else document
    if target.parent.name == "tutorial" and target.suffix == ".ipynb":  # the site puts the notebooks there
        target = ROOT / "notebooks" / target.name
    if not target.exists() or not anchor:
        return target.exists()
    headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
    return anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_public_name_is_on_a_page_of_the_reference() -> None:
    """Whoever looks a name up finds it."""
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs/reference").glob("*.md"))
    shown = set(re.findall(r"^\.\. auto\w+:: (oss_jupyter[\w.]*)", pages, re.MULTILINE))
    if "oss_jupyter.errors" in shown:  # the whole module
        shown |= {f"oss_jupyter.{name}" for name in vars(errors)}
    names = {f"oss_jupyter.{name}" for name in oss_jupyter.__all__ if name != "__version__"}
    names |= {f"oss_jupyter.sandbox.{name}" for name in oss_jupyter.sandbox.__all__}
    assert names - shown == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_files_of_the_project_that_are_named_are_there(document: Path) -> None:
    """No maintainer is sent to a file that was moved."""
    named = re.findall(r"`([a-z_]+/[a-z_/]+\.(?:py|md|toml))`", document.read_text(encoding="utf-8"))
    gone = [name for name in named if not any((ROOT / place / name).exists() for place in ("", "oss_jupyter"))]
    assert not gone


def test_the_changelog_begins_with_this_version() -> None:
    """A release tells its users what is new in it."""
    headings = re.findall(r"^## (\S+.*)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    released = [heading for heading in headings if not heading.endswith("(unreleased)")]
    assert released[0] == oss_jupyter.__version__
    assert headings.index(released[0]) <= 1


def test_the_design_names_every_room_and_no_other() -> None:
    """The drawing of the rooms is the folder as it is."""
    drawn = re.findall(r"^  ([a-z]+)/ ", (ROOT / "docs" / "design.md").read_text(encoding="utf-8"), re.MULTILINE)
    rooms = {path.name for path in (ROOT / "oss_jupyter").iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert set(drawn) == rooms


def test_the_design_says_where_things_are() -> None:
    """A newcomer's question leads to one file, which is there."""
    section = (ROOT / "docs" / "design.md").read_text(encoding="utf-8").partition("## Where is ...?")[2]
    rows = re.findall(r"^\| (.+) \| `(\S+)` \|$", section.partition("\n## ")[0], re.MULTILINE)
    assert len(rows) >= 24
    assert len({question for question, _ in rows}) == len(rows)
    assert [file for _, file in rows if not (ROOT / "oss_jupyter" / file).is_file()] == []


def test_the_words_are_those_of_the_code() -> None:
    """Whoever looks a word up finds the class of that name, and no word stands for two things."""
    section = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Words")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([a-z ,]+) \| .+ \|(.*)\|$", section, re.MULTILINE)
    words = [word for row, _ in rows for word in row.split(", ")]
    assert len(rows) >= 25
    assert len(words) == len(set(words))
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "oss_jupyter").rglob("*.py"))
    classes = set(re.findall(r"^class (\w+)", source, re.MULTILINE))
    assert {name for _, names in rows for name in re.findall(r"`(\w+)`", names)} <= classes


if __name__ == "__main__":
    OPTIONS.write_text(with_tables(OPTIONS.read_text(encoding="utf-8")), encoding="utf-8")


# What is there in two languages.


def _skeleton(page: Path) -> tuple[int, int, list[str]]:
    """Return what both languages have alike: how many headings and rows, and what is to be typed."""
    text = page.read_text(encoding="utf-8")
    fenced = re.findall(r"^```.+?^```$", text, re.MULTILINE | re.DOTALL)
    for block in fenced:
        text = text.replace(block, "")
    headings, rows = (len(re.findall(rf"^{sign}", text, re.MULTILINE)) for sign in ("#", r"\|"))
    return headings, rows, [without_comments(block) for block in fenced if not block.startswith("```{")]  # Sphinx's


def test_a_chinese_page_tells_what_the_english_one_tells(subtests: pytest.Subtests) -> None:
    """Whoever reads Chinese misses no row, no section and no cell."""
    for page in sorted((ROOT / "docs/zh").rglob("*.md")):
        english = ROOT / "docs" / page.relative_to(ROOT / "docs/zh")
        with subtests.test(english.name):
            assert _skeleton(page) == _skeleton(english)


def test_every_guide_is_there_in_chinese() -> None:
    """Whoever reads Chinese finds all guides, and troubleshooting."""
    guides = re.findall(r"^([a-z-]+)$", (DOCS / "guides.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(guides) > 10
    assert [name for name in (*guides, "troubleshooting") if not (DOCS / f"zh/{name}.md").exists()] == []
    assert (DOCS / "zh/guides.md").read_text(encoding="utf-8").count("\n") >= len(guides)
