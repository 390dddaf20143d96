"""JupyterLab's extension, laid where a wheel would put it, from the same table.

`python -m tests.browser.lab_extension DIRECTORY` links it into a data directory of Jupyter's: what is changed in the
sources is there when the page is loaded again.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from oss_jupyter.notebook.panel.common.bundle import STATIC
from oss_jupyter.sandbox import Sandbox

ROOT = STATIC.parents[3]


def shared_data() -> dict[str, str]:
    """Return what a wheel installs beside the packages: from a path of the repository to one below the environment."""
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("shared-data]", 1)[1].split("\n\n", 1)[0]
    pairs = [line.split(" = ") for line in lines.splitlines()[1:]]
    return {source.strip('"'): place.strip('"') for source, place in pairs}


def link(data: Path) -> None:
    """Link into a data directory of Jupyter's, in the place of what is linked there."""
    for source, place in shared_data().items():
        path, target = ROOT / source, data / Path(place).relative_to("share/jupyter")
        if path.is_file() and "static" in target.parts:  # a file that is a link itself is not served
            path, target = path.parent, target.parent
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.symlink_to(path)


def install(data: Path) -> None:
    """Install into a data directory of Jupyter's."""
    for source, place in shared_data().items():
        target = data / Path(place).relative_to("share/jupyter")
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, target, dirs_exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / source, target)


def name_sandbox(data: Path, sandbox: Sandbox) -> None:
    """Let every kernel that is started from now on find the sandbox by its environment."""
    environment = {
        "OSS_ACCESS_KEY_ID": "test-key-id", "OSS_ACCESS_KEY_SECRET": "test-key-secret",
        "OSS_ENDPOINT": sandbox.endpoint, "OSS_REGION": sandbox.region,
    }  # fmt: skip
    arguments = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    description = {"argv": arguments, "display_name": "Python 3", "language": "python", "env": environment}
    kernel = data / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True, exist_ok=True)
    kernel.write_text(json.dumps(description), encoding="utf-8")


if __name__ == "__main__":
    link(Path(sys.argv[1]))
