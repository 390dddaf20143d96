"""The sandbox as seen from a notebook: a process of its own, spoken to by its command line and its state file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs

from oss_jupyter.errors import OssJupyterError

_COMMAND_SECONDS = 60.0


def sandbox_credentials(url: str) -> tuple[str, str] | None:
    """Return the keys of the sandbox that runs at this address, else None.

    They are good for nothing else, so an unfinished upload to the sandbox can be resumed in a new kernel without
    starting the sandbox again.
    """
    if urlsplit(url).hostname not in ("127.0.0.1", "localhost"):
        return None
    root = os.environ.get("OSS_JUPYTER_STATE_DIR") or platformdirs.user_state_dir("oss_jupyter")
    try:
        state = json.loads((Path(root) / "sandbox" / "sandbox.json").read_text(encoding="utf-8"))
        if urlsplit(state["endpoint"]).netloc == urlsplit(url).netloc:
            return state["access_key_id"], state["access_key_secret"]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def sandbox_command(*options: str) -> dict[str, Any]:
    """Run ``python -m oss_jupyter.sandbox`` with these options and return the JSON line it prints, {} for none.

    Raises OssJupyterError with what the command said.
    """
    done = subprocess.run(
        [sys.executable, "-m", "oss_jupyter.sandbox", *options, "--json"],
        capture_output=True,
        text=True,
        timeout=_COMMAND_SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    lines = done.stdout.strip().splitlines()
    # "Nothing is running" has an exit code of its own and is an answer all the same.
    if lines and lines[-1].startswith("{"):
        return dict(json.loads(lines[-1]))
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise OssJupyterError(
            f"The sandbox could not be asked: {said[-1] if said else f'exit code {done.returncode}'}",
            f"Try it in a terminal: {Path(sys.executable).name} -m oss_jupyter.sandbox",
            code="SandboxFailed",
        )
    return {}
