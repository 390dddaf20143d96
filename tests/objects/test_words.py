"""What a word or a value means: a path, a variable, data; and the four lines for what can be none of them."""

from __future__ import annotations

import asyncio
import importlib
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from IPython.core.error import UsageError

import oss_jupyter as oj
from oss_jupyter.errors import InputError, PackageMissing
from oss_jupyter.sandbox import Sandbox
from tests.notebook.conftest import Shell

np, pd = map(importlib.import_module, ("numpy", "pandas"))


@pytest.fixture
def stored(service: Sandbox, shell: Shell) -> Callable[[str], bytes]:
    """What the service has under a key, where uploads need no arguments."""
    return lambda key: service.object_path("test-bucket", key).read_bytes()


def test_a_path_comes_before_a_variable(stored: Callable[[str], bytes], shell: Shell) -> None:
    """A note says so, and --variable takes the variable."""
    Path("data").write_bytes(b"of the file")
    shell.inner.user_ns["data"] = b"of the variable"
    said = shell.ok("t = %oss_upload data oss://test-bucket/a --wait").text
    assert stored("a") == b"of the file"
    assert "--variable takes the variable" in said
    shell.ok("%oss_upload data oss://test-bucket/a --wait --variable")
    assert stored("a") == b"of the variable"
    shell.inner.user_ns["data"] = shell
    assert "--variable" not in shell.ok("%oss_upload data oss://test-bucket/b --wait").text


def test_a_variable_that_holds_a_path_is_that_path(stored: Callable[[str], bytes], shell: Shell) -> None:
    """As in Python: a text or a Path that exists is what it names, a list of them a dataset."""
    Path("f.txt").write_bytes(b"of the file")
    Path("g.txt").write_bytes(b"of another")
    shell.inner.user_ns |= {"one": "f.txt", "two": Path("f.txt"), "three": ["f.txt", "g.txt"]}
    for name in ("one", "two"):
        shell.ok(f"%oss_upload {name} oss://test-bucket/{name}.txt --wait")
        assert stored(f"{name}.txt") == b"of the file"
    shell.ok("%oss_upload three oss://test-bucket/three.json --wait")
    assert stored("three.json/g.txt") == b"of another"


def test_variable_asks_for_a_name(shell: Shell) -> None:
    """What is none is refused, and so are several words."""
    for words in ("nobody", "a b", "a.b"):
        assert isinstance(shell.run(f"%oss_upload {words} oss://test-bucket/k --variable").error, UsageError)


def test_a_mistyped_path_is_no_text(stored: Callable[[str], bytes], shell: Shell) -> None:
    """Whatever looks like a path is looked for, also where the key would take a text."""
    for path in ("notes.txt", "data/notes", "notes", "my notes.txt"):
        with pytest.raises(oj.OssJupyterError) as refused:
            oj.upload(path, "oss://test-bucket/notes.txt")
        assert refused.value.code == "SourceMissing"
    assert shell.run("%oss_upload notes oss://test-bucket/notes.txt").error is not None
    shell.inner.user_ns["text"] = "notes"
    shell.ok("%oss_upload text oss://test-bucket/notes.txt --variable --wait")
    assert stored("notes.txt") == b"notes"


@pytest.mark.parametrize(
    ("make", "advice"),
    [
        (lambda: pd.DataFrame({"a": [1]}), ".parquet"),
        (lambda: pd.Series([1]), ".csv"),
        (lambda: np.arange(3), ".npy"),
        (lambda: importlib.import_module("matplotlib.figure").Figure().subplots(), "axes.get_figure()"),
        (lambda: np.ma.masked_array([1], [0]), "numpy.save"),
        (lambda: io.StringIO("a"), "getvalue()"),
        (lambda: [b"a", b"b"], 'b"".join(pieces)'),
        (lambda: len, "a table, an array"),
        (lambda: 3, "a table, an array"),
        (asyncio.Lock, "a table, an array"),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_told_how_it_can(
    service: Sandbox, place: Path, make: Callable[[], Any], advice: str
) -> None:
    """Four lines, of which one says what can be sent; nothing is left on disk."""
    value = make()
    with pytest.raises(InputError) as refused:
        oj.upload(value, "oss://test-bucket/key")
    lines = refused.value.four_lines()
    assert all(lines)
    assert advice in lines[2]
    assert lines[1] == "Nothing was sent."
    assert not place.parent.joinpath("state").exists()


def test_an_object_has_no_plan(shell: Shell, stored: Callable[[str], bytes]) -> None:
    """Four lines say why and what to do; paths have one, also where a generator gives them."""
    Path("f.txt").write_bytes(b"of the file")
    frame = pd.DataFrame({"a": [1]})
    for value, key in ((frame, "t.csv"), ({"a": 1}, "t.json"), (b"a", "t"), (io.BytesIO(b"a"), "t"), ("a\nb", "t.txt")):
        with pytest.raises(InputError) as refused:
            oj.plan(value, f"oss://test-bucket/{key}")
        assert refused.value.code == "NothingToPlan"
        assert all(refused.value.four_lines())
    for stream in ((piece for piece in [b"a"]), "https://example.com/t.csv"):
        with pytest.raises(InputError, match="plan tells"):
            oj.plan(stream, "oss://test-bucket/t.csv")
    shell.inner.user_ns["frame"] = frame
    assert "with files, and frame is an object" in str(
        shell.run("%oss_upload frame oss://test-bucket/t.csv --dry-run").error
    )
    assert len(oj.plan((path for path in ["f.txt"]), "oss://test-bucket/raw/")) == 1


@pytest.mark.parametrize("key", ["t.docx", "folder/", "", "t"])
def test_a_key_that_says_nothing(service: Sandbox, key: str) -> None:
    """The endings that would do are named."""
    with pytest.raises(InputError) as refused:
        oj.upload(pd.DataFrame({"a": [1]}), f"oss://test-bucket/{key}")
    assert ".parquet" in refused.value.advice


_FAILED = (
    "`Import {name}` failed. Use pip, conda, or your preferred package management tool to install the {name} package."
)
_NEITHER = (
    "Unable to find a usable engine; tried using: 'pyarrow', 'fastparquet'.\n"
    f" - {_FAILED.format(name='pyarrow')}\n - {_FAILED.format(name='fastparquet')}"
)
_OLDER = "Missing optional dependency 'openpyxl'.  Use pip or conda to install openpyxl."
_OLD = "Pandas requires version '13' or newer of 'pyarrow' (version '9' currently installed).\n - "


@pytest.mark.parametrize(
    ("error", "what", "advice"),
    [
        (ImportError(_NEITHER), "needs the package pyarrow, which is not installed.", "%pip install pyarrow, or"),
        (ImportError(_OLDER), "needs the package openpyxl, which is not installed.", "%pip install openpyxl, or"),
        (
            ModuleNotFoundError("No module named 'xlsx.core'", name="xlsx.core"),
            "needs a package that is not installed: No module named 'xlsx.core'",
            "%pip install xlsx, or",
        ),
        (
            ImportError(_OLD + _FAILED.format(name="fastparquet")),
            "not installed: Pandas requires version '13'",
            "Install",
        ),
        (ImportError("some words " * 99), "some words some …", "Install it, or"),
    ],
    ids=["engines", "older pandas", "module", "too old", "long"],
)
def test_a_package_that_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, error: ImportError, what: str, advice: str
) -> None:
    """In short words, with the line that installs it; of what names none no word is cut in half."""

    def lacking(*_arguments: object, **_options: object) -> None:
        raise error

    frame = pd.DataFrame({"a": [1]})
    monkeypatch.setattr(pd.DataFrame, "to_parquet", lacking)
    with pytest.raises(PackageMissing) as refused:
        oj.upload(frame, "oss://test-bucket/t.parquet", endpoint="127.0.0.1", region="cn-hangzhou")
    assert what in refused.value.what
    assert refused.value.advice.startswith(advice)


def test_asking_imports_nothing() -> None:
    """None of the libraries is loaded before one of its objects is written."""
    program = (
        "import sys\nfrom oss_jupyter.objects.find import find\n"
        "assert find({'a': 1}, 'k.json', 'it') and find(object(), 'k', 'it') is None\n"
        "print([n for n in ('numpy', 'pandas', 'pyarrow', 'polars', 'matplotlib', 'plotly') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_neither_a_file_nor_a_variable_says_both(service: Sandbox, shell: Shell) -> None:
    """A name that was never given, and an expression, are told from a mistyped path; a path stays one."""
    shell.inner.user_ns["df"] = pd.DataFrame({"a": [1]})
    for line in ("tabel oss://test-bucket/t.parquet", "tabel oss://test-bucket/t.parquet --wait"):
        error = shell.run(f"%oss_upload {line}").error
        assert isinstance(error, oj.OssJupyterError)
        assert error.code == "SourceMissing"
        assert error.what.endswith("/tabel, and no variable of the name tabel.")
        assert "run the cell that makes the variable" in error.advice
    for expression in ("df.head()", "df['a']", "df[['a']]"):
        error = shell.run(f"%oss_upload {expression} oss://test-bucket/t.parquet").error
        assert isinstance(error, UsageError)
        assert "Give what comes of it a name" in str(error)
    shell.inner.user_ns["text"] = "notes"
    error = shell.run("%oss_upload text oss://test-bucket/t.txt").error
    assert isinstance(error, oj.OssJupyterError)
    assert error.what.endswith("/notes. It is what the variable text holds.")
    assert error.advice.startswith("Where the text itself is to go up: %oss_upload text oss://… --variable.")
    error = shell.run("%oss_upload df.parquet oss://test-bucket/t.parquet").error
    assert isinstance(error, oj.OssJupyterError)
    assert "variable" not in error.what
    assert error.advice == "Check the path, and that its disk is mounted."


@pytest.mark.parametrize("target", ["oss://test-bucket/tables/", "oss://test-bucket", "oss://test-bucket/"])
def test_an_object_has_no_name_for_a_folder(service: Sandbox, shell: Shell, target: str) -> None:
    """Where a file would keep its name, an object is asked for a whole key, and told how that may end."""
    with pytest.raises(InputError, match=r"has no file name that could be added") as refused:
        oj.upload(pd.DataFrame({"a": [1]}), target)
    assert "Write the whole key; it can end in .parquet" in refused.value.advice


def test_an_iterator_of_texts_is_of_paths_or_refused(stored: Callable[[str], bytes], shell: Shell) -> None:
    """Names of files that are there are a dataset; a text that is none is not looked for as a file."""
    Path("f.txt").write_bytes(b"of the file")
    oj.upload(iter(["f.txt"]), "oss://test-bucket/some/").result(20)
    assert stored("some/f.txt") == b"of the file"
    with pytest.raises(InputError, match=r"'text' is neither bytes nor the path of a file") as refused:
        oj.upload((word for word in ["text"]), "oss://test-bucket/t.csv")
    assert refused.value.code == "GivesText"
    assert "Make it anew" in refused.value.advice
