"""What people hand over as a file and as a target: every name that a file can have, and every thing that is no file."""

from __future__ import annotations

import importlib
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import oss_jupyter as oj
from oss_jupyter.engine.transfer import coordinator_of
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Fault, Sandbox

pd: Any = importlib.import_module("pandas")  # it has no annotations

KEY = ("test-key-id", "test-key-secret")
# As a zip made on a Chinese Windows leaves it: GBK, and no UTF-8.
GBK = b"\xc4\xe3\xba\xc3.csv"
GBK_SHOWN = r"\xc4\xe3\xba\xc3.csv"

Upload = Callable[..., oj.Transfer]


@pytest.fixture
def upload(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Upload:
    """`oj.upload` with everything right but source and target, in a folder of its own."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def call(source: Any, target: Any = "oss://test-bucket/key", **more: Any) -> oj.Transfer:
        right: dict[str, Any] = {
            "endpoint": sandbox.endpoint,
            "region": "cn-hangzhou",
            "credentials": KEY,
            "retries": 0,
        }
        return oj.upload(source, target, **(right | {"checkpoint_dir": tmp_path / "checkpoints"} | more))

    return call


def lines_of(call: Callable[[], Any]) -> tuple[str, str, str, str]:
    """Return the four lines of what `call` raises, each of them one line that any output takes."""
    with pytest.raises(OssJupyterError) as refused:
        call()
    lines = refused.value.four_lines()
    assert all(lines), lines
    assert not any("\n" in line for line in lines), lines
    "\n".join(lines).encode("utf-8")
    return lines


@pytest.mark.parametrize("name", ["~$budget.xlsx", "~backup.csv", "~", "~root", "~nouser", "~a/b.csv"])
def test_a_leading_tilde_is_a_name_too(upload: Upload, sandbox: Sandbox, name: str) -> None:
    """Whatever exists under the name as it was written is meant, also where a user is called so."""
    path = Path.cwd() / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"here")
    assert upload(name).result(20).size == 4
    assert sandbox.object_path("test-bucket", "key").read_bytes() == b"here"


def test_a_leading_tilde_is_the_home_directory_where_no_file_is_called_so(upload: Upload, tmp_path: Path) -> None:
    """As the shell does it."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "data.csv").write_bytes(b"home")
    assert upload("~/data.csv").result(20).size == 4


@pytest.mark.parametrize("name", ["~nouser", "~nouser/data.csv", "~$gone.xlsx"])
def test_nobodys_home_is_a_file_that_is_missing(upload: Upload, name: str) -> None:
    """No traceback of pathlib's: the path that was looked for is named."""
    what, _, _, code = lines_of(lambda: upload(name))
    assert code == "SourceMissing"
    assert str(Path.cwd() / name) in what


@pytest.mark.parametrize("name", ["~nouser", "~nouser/checkpoints"])
def test_nobodys_home_is_no_place_for_checkpoints(upload: Upload, name: str) -> None:
    """A folder of this name would appear where nobody looks for it; one that is there, or that is meant, is taken."""
    Path("f.bin").write_bytes(b"x")
    what, _, advice, code = lines_of(lambda: upload("f.bin", checkpoint_dir=name))
    assert (code, what) == ("InvalidPath", "checkpoint_dir: no home directory of '~nouser' is known.")
    assert "./" in advice
    assert not Path("~nouser").exists()
    assert upload("f.bin", checkpoint_dir=f"./{name}").result(20).size == 1
    assert upload("f.bin", checkpoint_dir=name).result(20).size == 1


@pytest.fixture
def gbk() -> Iterator[str]:
    """The name of a file that is no UTF-8, as Python has it."""
    name = os.fsdecode(GBK)
    yield name
    assert name.encode("utf-8", "surrogateescape") == GBK


def test_a_name_that_is_no_utf8_goes_up_and_can_be_shown(upload: Upload, gbk: str) -> None:
    """Its bytes are written out, as \\xc4, wherever it is shown; the file itself is found by its real name."""
    Path(gbk).write_bytes(b"x" * 1000)
    transfer = upload(gbk)
    assert transfer.result(20).size == 1000
    for shown in (repr(transfer), transfer.snapshot().source, str(coordinator_of(transfer).spec)):
        assert GBK_SHOWN in shown
        shown.encode("utf-8")


def test_an_error_about_a_name_that_is_no_utf8_can_be_shown(upload: Upload, gbk: str) -> None:
    """In every error that quotes it: missing, an empty folder, and no key."""
    assert GBK_SHOWN in lines_of(lambda: upload(gbk))[0]
    Path(gbk).mkdir()
    assert GBK_SHOWN in lines_of(lambda: upload(gbk).result(20))[0]
    Path(gbk, "x").write_bytes(b"x")
    Path(gbk, gbk).write_bytes(b"x")
    what, _, advice, code = lines_of(lambda: upload(Path(gbk, gbk), "oss://test-bucket/data/"))
    assert (code, GBK_SHOWN in what) == ("InvalidObjectName", True)
    assert "oss://test-bucket/data/" in advice


def test_a_name_that_is_no_utf8_is_found_again_by_its_checkpoint(
    upload: Upload, sandbox: Sandbox, gbk: str, tmp_path: Path
) -> None:
    """The journal keeps the real name: another process resumes the upload."""
    Path(gbk).write_bytes(os.urandom(300_000))
    sandbox.faults.add(Fault(operation="UploadPart", part_number=3, code="InternalError", status=500, times=None))
    with pytest.raises(OssJupyterError):
        upload(gbk, part_size="100KiB").result(20)
    sandbox.faults.clear()
    program = (
        "import oss_jupyter as oj, sys; oj.settings().checkpoint_dir = sys.argv[1]\n"
        "(transfer,) = oj.resume('all', credentials=('test-key-id', 'test-key-secret'))\n"
        "print(transfer.result(20).size, transfer.snapshot().source)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "checkpoints")]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stdout.decode("utf-8").split() == ["300000", str(Path.cwd() / GBK_SHOWN)]


@pytest.mark.parametrize("name", ["line\nbreak.csv", "\x1b[31mred.csv", "back\bspace"])
def test_names_with_control_characters_stay_on_one_line(upload: Upload, name: str) -> None:
    """They cannot forge a line of a message, nor move the cursor of a terminal."""
    what = lines_of(lambda: upload(name))[0]
    assert what.isprintable()
    Path(name).write_bytes(b"x")
    transfer = upload(name)
    transfer.result(20)
    assert repr(transfer).isprintable()


_WITHOUT_HOME = """
import concurrent.futures.thread, os, sys, tempfile
import oss_jupyter as oj
from oss_jupyter import api
from oss_jupyter.session import wiring
from oss_jupyter.oss import control, sdk, send_part

os.environ.pop("HOME", None)
if os.getuid() == 0:
    os.setuid(54321)
try:
    transfer = oj.upload(sys.argv[1], "oss://test-bucket/key", endpoint=sys.argv[2], region="cn-hangzhou",
                         credentials=("test-key-id", "test-key-secret"))
    print(transfer.result(20).size, transfer.snapshot().checkpoint)
    oj.upload("~/nowhere", "oss://test-bucket/key")
except oj.OssJupyterError as error:
    print(error.code)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody that the system does not know")
def test_nobodys_home_is_needed_by_nothing(upload: Upload, sandbox: Sandbox) -> None:
    """Neither HOME nor an entry of the user: the upload works, and its place is kept in the temporary folder."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        Path(name, "f.bin").write_bytes(b"x" * 10)
        command = [sys.executable, "-c", _WITHOUT_HOME, str(Path(name, "f.bin")), sandbox.endpoint]
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("OSS_", "XDG_"))}
        environment |= {"TMPDIR": name, "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=name, check=False)
        assert done.returncode == 0, done.stderr
        (size, checkpoint), (code,) = (line.split() for line in done.stdout.splitlines())
        assert (size, code) == ("10", "SourceMissing")
        assert Path(checkpoint).parent == Path(name, "oss_jupyter-54321", "checkpoints")
        assert not Path(name, "~").exists()


def test_a_working_directory_that_was_removed(upload: Upload, tmp_path: Path) -> None:
    """An absolute path works as ever; a relative one is told what is wrong."""
    source = tmp_path / "f.bin"
    source.write_bytes(b"x")
    Path.cwd().rmdir()
    what, _, advice, code = lines_of(lambda: upload("f.bin"))
    assert code == "NoWorkingDirectory"
    assert "f.bin" in what
    assert "absolute" in advice
    assert lines_of(lambda: upload(source, checkpoint_dir="here"))[3] == "NoWorkingDirectory"
    assert lines_of(lambda: upload(tmp_path / "nowhere"))[3] == "SourceMissing"
    assert upload(source).result(20).size == 1


@pytest.mark.parametrize("text", ["a\0b", "\0", "\ud800", "data/\udbff.csv"])
@pytest.mark.parametrize("argument", ["source", "checkpoint_dir", "ca_bundle"])
def test_what_no_file_name_can_hold(upload: Upload, argument: str, text: str) -> None:
    """NUL and half a character: four lines, for every argument that is a path."""
    Path("f.bin").write_bytes(b"x")
    arguments = {"source": "f.bin", argument: text}
    assert lines_of(lambda: upload(**arguments))[3] == "InvalidPath"


@pytest.mark.parametrize(
    ("source", "kind", "advice"),
    [
        (io.StringIO("text"), "a StringIO", "getvalue()"),
        (None, "None", "the path of a file"),
        (3, "an int", "the path of a file"),
        (2.5, "a float", "the path of a file"),
        (True, "a bool", "the path of a file"),
        (object(), "an object", "the path of a file"),
        (str, "a type", "the path of a file"),
        (lambda: None, "a function", "Call it"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_path_is_told_how_to_become_a_file(upload: Upload, source: Any, kind: str, advice: str) -> None:
    """The type is named, and the cell that makes a file of it."""
    what, safe, todo, code = lines_of(lambda: upload(source))
    assert code == "SourceNotAPath"
    assert kind in what
    assert safe == "Nothing was sent."
    assert advice in todo


def test_open_files_and_temporary_directories_have_a_name(upload: Upload) -> None:
    """A file that is open for text or for writing is closed and named. A directory is named, too."""
    with open("f.txt", "w") as file:  # noqa: PTH123
        assert "file.name" in lines_of(lambda: upload(file))[2]
    with open("f.bin", "wb") as file:  # noqa: PTH123
        assert "file.name" in lines_of(lambda: upload(file))[2]
    holder = tempfile.TemporaryDirectory()
    assert "folder.name" in lines_of(lambda: upload(holder))[2]
    holder.cleanup()


@pytest.mark.parametrize("source", ["oss://test-bucket/key", "s3://a/b", "file:///a"])
def test_addresses_are_no_local_files(upload: Upload, source: str) -> None:
    """Most often source and target have changed places."""
    what, _, advice, code = lines_of(lambda: upload(source, "f.bin"))
    assert code == "SourceNotAPath"
    assert source in what
    assert ("then the target" in advice) is source.startswith("oss:")


@pytest.mark.parametrize(
    ("source", "more"),
    [("", {}), (".", {}), ("*.csv", {}), ("full", {"include": "*.csv"}), ("full", {"exclude": "*"}), ("full/.*", {})],
)
def test_a_source_with_nothing_in_it(upload: Upload, source: str, more: dict[str, Any]) -> None:
    """An empty folder, a glob or rules that match nothing: that is no success, because it is most often a mistake."""
    if source.startswith("full"):
        Path("full").mkdir()
        Path("full/a.bin").write_bytes(b"x")
    lines_of(lambda: upload(source, "oss://test-bucket/in/", **more).result(20))


def test_a_file_that_is_closed(upload: Upload, tmp_path: Path) -> None:
    """It has nothing to give any more, and that is said in our words."""
    (tmp_path / "a.bin").write_bytes(b"x")
    with (tmp_path / "a.bin").open("rb") as file:
        pass
    with pytest.raises(OssJupyterError, match="The file is closed"):
        upload(file)


@pytest.mark.parametrize(
    "target", [Path("oss://test-bucket/key"), None, b"oss://test-bucket/key", 5, ["oss://test-bucket/key"]], ids=repr
)
def test_targets_are_texts(upload: Upload, target: Any) -> None:
    """Anything else is named by its type, with the form of a target."""
    Path("f.bin").write_bytes(b"x")
    _, _, advice, code = lines_of(lambda: upload("f.bin", target))
    assert code == "InvalidTarget"
    assert "oss://bucket/key" in advice


def test_a_path_of_any_kind_is_a_path(upload: Upload) -> None:
    """PathLike is enough, also where its path is bytes."""

    class Mine:
        def __fspath__(self) -> bytes:
            return b"f.bin"

    Path("f.bin").write_bytes(b"xy")
    (entry,) = os.scandir()
    for source in (Path("f.bin"), entry, Mine()):
        assert upload(source).result(20).size == 2


def test_no_source_that_was_refused_is_remembered(upload: Upload, tmp_path: Path) -> None:
    """What can never work lies nowhere as an unfinished upload."""
    for source in (object(), "a\0b", "~nouser", None):
        lines_of(lambda source=source: upload(source))  # type: ignore[misc]
    assert not list((tmp_path / "checkpoints").glob("*"))
    assert State.INTERRUPTED not in {transfer.state for transfer in oj.transfers()}
