"""What is published, built and tried as a user gets it: `make dist` runs it.

Wheel and sdist are built twice and have the same bytes. The wheel alone goes into an empty environment: JupyterLab's
extension must lie there where JupyterLab looks, and the demonstration runs. What that environment holds is written down
as a bill of materials. The sdist holds all that its tests need: some of them are run from it.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from tests.installing import install, python_of

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
# What the demonstration starts a kernel with, and what runs a test of the sdist.
_KERNEL = ("ipykernel>=6.31", "jupyter_client>=8")
_TESTS = ("pytest>=9", "pytest-timeout>=2.3", "pytest-xdist>=3.6", "pyyaml>=6", "trustme>=1.2")
_OF_SDIST = ("tests/test_package.py", "tests/test_architecture.py", "tests/engine/test_resume.py")
_EXTENSION = "share/jupyter/labextensions/oss_jupyter/package.json"


def main() -> None:
    """Build, check and try; leave wheel, sdist and bill of materials in `dist/`."""
    with tempfile.TemporaryDirectory(prefix="oss_jupyter-dist-") as folder:
        wheel, sdist = _step("build wheel and sdist, twice", lambda: _built_alike(Path(folder)))
        _step("check their metadata", lambda: _run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist))
        python = _step("install the wheel alone", lambda: _installed(Path(folder, "empty"), wheel))
        _step("list what came with it", lambda: _listed(python, wheel))
        install(Path(folder, "empty"), *_KERNEL)
        _step("the demonstration, from the wheel", lambda: _run(python, ROOT / "tests" / "demo.py", cwd=folder))
        _step("some tests, from the sdist", lambda: _tried(python, sdist, Path(folder)))
    for path in sorted(DIST.iterdir()):
        print(f"{path.stat().st_size / 1000:8.0f} kB  {hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}")


def _built_alike(folder: Path) -> tuple[Path, Path]:
    DIST.mkdir(exist_ok=True)
    for old in DIST.iterdir():
        old.unlink()
    for place in (DIST, folder / "again"):
        _run(sys.executable, "-m", "build", "--outdir", place, ROOT, quiet=True)
    for path in DIST.iterdir():
        if path.read_bytes() != (folder / "again" / path.name).read_bytes():
            raise SystemExit(f"{path.name} has other bytes when it is built again.")
    (wheel,), (sdist,) = DIST.glob("*.whl"), DIST.glob("*.tar.gz")
    return wheel, sdist


def _installed(place: Path, wheel: Path) -> Path:
    venv.create(place, with_pip=True)
    install(place, wheel)
    if not (place / _EXTENSION).is_file():
        raise SystemExit(f"The wheel leaves no {_EXTENSION} in the environment, so JupyterLab would not find it.")
    return python_of(place)


def _listed(python: Path, wheel: Path) -> None:
    target = DIST / (wheel.name.split("-py3")[0] + ".cdx.json")
    words = ("cyclonedx_py", "environment", "--output-reproducible", "--mc-type", "library")
    _run(sys.executable, "-m", *words, "--pyproject", ROOT / "pyproject.toml", "-o", target, python)


def _tried(python: Path, sdist: Path, folder: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "sdist", filter="data")
    (source,) = (folder / "sdist").iterdir()
    install(folder / "empty", *_TESTS)
    _run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *_OF_SDIST, cwd=source)


def _step(what: str, do: Callable[[], T]) -> T:
    print(f"-- {what}", flush=True)
    begun = time.monotonic()
    value = do()
    print(f"   {time.monotonic() - begun:.0f} s", flush=True)
    return value


def _run(*command: str | Path, cwd: Path | str | None = None, quiet: bool = False) -> None:
    _checked([str(word) for word in command], cwd, quiet)


def _checked(command: Sequence[str], cwd: Path | str | None, quiet: bool) -> None:
    done = subprocess.run(command, cwd=cwd, check=False, capture_output=quiet, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}.\n{done.stdout or ''}{done.stderr or ''}")


if __name__ == "__main__":
    main()
