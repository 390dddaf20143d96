"""The sandbox as seen from a notebook: a process of its own, spoken to by its command line and its state file."""

from __future__ import annotations

import json
import subprocess
from typing import Any
from urllib.parse import urlsplit

from oss_jupyter.child import child_environment, last_words, python_command
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.paths import state_directory
from oss_jupyter.texts import tr

_COMMAND_SECONDS = 60.0


def sandbox_credentials(url: str) -> tuple[str, str] | None:
    """Return the keys of the sandbox that runs at this address, else None.

    They are good for nothing else, so an unfinished upload to the sandbox can be resumed in a new kernel without
    starting the sandbox again.
    """
    if urlsplit(url).hostname not in ("127.0.0.1", "localhost"):
        return None
    try:
        state = json.loads((state_directory() / "sandbox" / "sandbox.json").read_text(encoding="utf-8"))
        if urlsplit(state["endpoint"]).netloc == urlsplit(url).netloc:
            return state["access_key_id"], state["access_key_secret"]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def sandbox_command(*options: str) -> dict[str, Any]:
    """Run ``python -m oss_jupyter.sandbox`` with these options and return the JSON line it prints, {} for none.

    Raises OssJupyterError with what the command said.
    """
    try:
        done = subprocess.run(
            python_command("oss_jupyter.sandbox", *options, "--json"),
            env=child_environment(),
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise _failed(type(error).__name__) from error
    lines = done.stdout.strip().splitlines()
    # "Nothing is running" has an exit code of its own and is an answer all the same.
    if lines and lines[-1].startswith("{"):
        return dict(json.loads(lines[-1]))
    if done.returncode != 0:
        raise _failed(last_words(done.stderr or done.stdout) or tr("exit code {code}", code=done.returncode))
    return {}


def _failed(why: str) -> OssJupyterError:
    return OssJupyterError(
        tr("The sandbox could not be asked: {why}", why=why),
        tr("Try it in a terminal: oss-jupyter sandbox"),
        code="SandboxFailed",
    )
