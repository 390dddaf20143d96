"""How child processes are started: which modules they find, and what of the environment they get."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import oss_jupyter
from oss_jupyter import __version__
from oss_jupyter.child import child_environment, last_words

PACKAGE = Path(oss_jupyter.__file__).parent
NAMES = ("queue", "random", "calendar", "requests", "tornado", "urllib3")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A notebook's folder with files that are called like modules."""
    folder = tmp_path / "work"
    folder.mkdir()
    for name in NAMES:
        (folder / f"{name}.py").write_text("raise ImportError('a file of the user')\n")
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment for commands of the sandbox; whatever they start ends with the test."""
    environment = {**os.environ, "OSS_JUPYTER_STATE_DIR": str(tmp_path / "state")}
    yield environment
    subprocess.run([Path(sys.executable).parent / "oss-jupyter", "sandbox", "--stop"], env=environment, check=False)


_PROBE = """\
import importlib, json, sys
print(json.dumps({name: importlib.import_module(name).__file__ for name in sys.argv[1:]}))
"""
_CHILD = """
import subprocess, sys, oss_jupyter
from oss_jupyter.child import child_environment, python_command
sys.path.append(PLACE)
subprocess.run(python_command("probe_of_modules", *sys.argv[1:]), env=child_environment(), check=True)
"""


def _found(names: tuple[str, ...], program: str, folder: Path, **environment: str) -> dict[str, str]:
    """Return where a child of a program finds modules; the child runs a module that sys.path leads to."""
    probes = folder.parent / "probes"
    probes.mkdir(exist_ok=True)
    (probes / "probe_of_modules.py").write_text(_PROBE)
    done = subprocess.run(
        [sys.executable, "-c", program + _CHILD.replace("PLACE", repr(str(probes))), *names],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_standard_modules_come_first(folder: Path) -> None:
    """Not even a PYTHONPATH that leads to the notebook's folder makes its queue.py a child's."""
    edit = f"import sys; sys.path.insert(0, {str(folder)!r}); import os; os.environ['PYTHONPATH'] = {str(folder)!r}"
    before = "import oss_jupyter.child, queue, random, calendar"
    found = _found(
        ("queue", "random", "calendar", "requests"), f"import sys; sys.path.pop(0)\n{before}\n{edit}", folder
    )
    assert not any(Path(place).is_relative_to(folder) for place in found.values())


def test_a_backport_of_a_standard_module_is_left_alone(tmp_path: Path) -> None:
    """Neither dataclasses.py nor typing.py, pathlib.py or enum/ among installed packages is a child's."""
    installed = tmp_path / "site-packages"
    (installed / "enum").mkdir(parents=True)
    for name in ("dataclasses.py", "typing.py", "pathlib.py", "enum/__init__.py"):
        (installed / name).write_text("raise ImportError('a backport')\n")
    shutil.copytree(PACKAGE, installed / "oss_jupyter")
    program = f"import dataclasses, typing, pathlib, enum, sys; sys.path.append({str(installed)!r})"
    drop = f"sys.path[:] = [p for p in sys.path if p != {str(PACKAGE.parent)!r}]"
    found = _found(("oss_jupyter", "dataclasses", "enum"), f"{program}; {drop}", tmp_path)
    assert Path(found.pop("oss_jupyter")).is_relative_to(installed)
    assert not any(Path(place).is_relative_to(installed) for place in found.values())


def test_the_package_is_the_one_that_runs_here(tmp_path: Path) -> None:
    """A package that only an edit of sys.path found is the child's as well: from a folder, and from a zip."""
    (tmp_path / "other").mkdir()
    shutil.copytree(PACKAGE, tmp_path / "other" / "oss_jupyter")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        for path in PACKAGE.rglob("*.py"):
            archive.write(path, Path("oss_jupyter") / path.relative_to(PACKAGE))
    for place in (tmp_path / "other", tmp_path / "other.zip"):
        found = _found(("oss_jupyter",), f"import sys; sys.path.insert(0, {str(place)!r})", tmp_path)
        assert found["oss_jupyter"].startswith(str(place))


def test_what_only_pythonpath_brings_is_found(tmp_path: Path) -> None:
    """A newer library that PYTHONPATH puts before the installed one is the child's, too."""
    (tmp_path / "libraries").mkdir()
    (tmp_path / "libraries" / "filelock.py").write_text("")
    found = _found(("filelock",), "", tmp_path, PYTHONPATH=str(tmp_path / "libraries"))
    assert found["filelock"] == str(tmp_path / "libraries" / "filelock.py")


def test_a_removed_working_directory_is_no_hindrance(tmp_path: Path) -> None:
    """A child starts although the folder of the notebook is gone."""
    gone = tmp_path / "gone"
    gone.mkdir()
    assert _found(("queue",), f"import os; os.rmdir({str(gone)!r})", gone)["queue"]


@pytest.mark.parametrize("command", [["oss-jupyter", "sandbox"], ["python", "-m", "oss_jupyter.sandbox"]])
def test_the_command_works_in_such_a_folder(folder: Path, environment: dict[str, str], command: list[str]) -> None:
    """The sandbox is started, found and stopped from a folder with a queue.py."""
    command = [str(Path(sys.executable).parent / command[0]), *command[1:]]
    for option, said in (("--detach", "OSS sandbox at"), ("--status", "requests"), ("--stop", "Stopped")):
        done = subprocess.run(
            [*command, option], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert said in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("option", "said"), [("--help", "%load_ext oss_jupyter"), ("--version", f"oss_jupyter {__version__}\n")]
)
def test_the_package_itself_as_a_command(folder: Path, environment: dict[str, str], option: str, said: str) -> None:
    """Typed like any module, in a folder with a queue.py, it is the command line, and says what to do."""
    command = [sys.executable, "-m", "oss_jupyter", option]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    assert said in done.stdout
    assert done.stderr == ""


SECRETS = {
    "OSS_ACCESS_KEY_ID": "LTAI5tAbCdEfGhIj",
    "OSS_ACCESS_KEY_SECRET": "hunter2-oss-secret",
    "OSS_SESSION_TOKEN": "hunter2-oss-token",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "hunter2-alibaba",
    "ALIBABACLOUD_ACCESS_KEY_SECRET": "hunter2-alibabacloud",
    "ALICLOUD_SECRET_KEY": "hunter2-alicloud",
    "AWS_SECRET_ACCESS_KEY": "hunter2-aws",
    "MY_OWN_NAME": "hunter2-own",
    "HTTPS_PROXY": "http://user:hunter2-proxy@127.0.0.1:9",
    "http_proxy": "http://user:hunter2-small@127.0.0.1:9",
}


def test_the_detached_sandbox_holds_no_keys_of_the_user(environment: dict[str, str], tmp_path: Path) -> None:
    """Neither its environment nor its command line has a key, a token or a proxy's password, whatever its name."""
    command = [str(Path(sys.executable).parent / "oss-jupyter"), "sandbox", "--detach", "--json"]
    done = subprocess.run(command, env={**environment, **SECRETS}, capture_output=True, text=True, check=True)
    process = Path(f"/proc/{json.loads(done.stdout)['pid']}")
    if not process.exists():
        pytest.skip("this system has no /proc")
    seen = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
    assert not [name for name, value in SECRETS.items() if value.encode() in seen or name.encode() in seen]
    assert str(tmp_path).encode() in seen  # what moves its state is there


def test_what_a_child_needs_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Search paths, home, language, certificates and our own directories reach a child; keys do not."""
    kept = ("PATH", "HOME", "LC_ALL", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "TMPDIR", "OSS_JUPYTER_STATE_DIR")
    for name in (*kept, "OSS_ACCESS_KEY_ID", "PYTHONPATH", "DATABASE_URL"):
        monkeypatch.setenv(name, "value")
    environment = child_environment()
    assert [name for name in kept if name not in environment] == []
    assert not {"OSS_ACCESS_KEY_ID", "PYTHONPATH", "DATABASE_URL"} & set(environment)


def test_last_words_hold_no_secret() -> None:
    """The last line that a process printed is quoted without queries of URLs, ids and secrets, and is bounded."""
    url = "https://b.oss-cn-hangzhou.aliyuncs.com/k?x-oss-signature=abc123"
    assert last_words(b"Traceback\n  File\nImportError: cannot import name 'field'\n\n").startswith("ImportError")
    said = last_words(f"{url} LTAI5tAbCdEfGhIj and 8fKj3hGz0PqLmN7vXcB2aSdF4gHj5k {'x ' * 500}")
    assert "signature" not in said
    assert "LTAI" not in said
    assert "8fKj3" not in said
    assert len(said) <= 300
    assert last_words("") == ""


@pytest.mark.parametrize("executable", ["''", "None", "'/nowhere/python'", "'/dev/null'"])
def test_no_python_is_said_in_four_lines(executable: str, tmp_path: Path) -> None:
    """Where Python does not know its own program, as in some applications, the sandbox says that it cannot start."""
    program = (
        f"import sys; sys.executable = {executable}\n"
        "from oss_jupyter.session.sandbox_process import sandbox_command\n"
        "from oss_jupyter.errors import OssJupyterError\n"
        "try: sandbox_command('--status')\n"
        "except OssJupyterError as error: print(error.code)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("SandboxFailed", "")
