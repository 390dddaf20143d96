"""The file by which a detached sandbox is found again: where it listens, and with which throwaway keys."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from oss_jupyter.paths import state_directory


@dataclass(frozen=True)
class SandboxInfo:
    """A sandbox in a process of its own. Its keys are good for nothing but this sandbox."""

    endpoint: str
    region: str
    bucket: str
    access_key_id: str
    access_key_secret: str = field(repr=False)
    pid: int
    data_dir: str
    admin_token: str = field(repr=False)

    def public(self) -> dict[str, object]:
        """Return what a client needs; the admin token stays here."""
        fields = asdict(self)
        del fields["admin_token"]
        return fields


def state_dir() -> Path:
    """Return the private directory of the sandbox; OSS_JUPYTER_STATE_DIR moves it."""
    directory = state_directory() / "sandbox"
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    return directory


def state_path() -> Path:
    """Return where the state file is, if there is one."""
    return state_dir() / "sandbox.json"


def write_state(info: SandboxInfo) -> None:
    """Write the state file in one step, readable by its owner only."""
    temporary = state_dir() / f"{secrets.token_hex(8)}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(info), file)
    temporary.replace(state_path())


def read_state() -> SandboxInfo | None:
    """Read the state file; one that is missing or not ours to understand is None."""
    try:
        return SandboxInfo(**json.loads(state_path().read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def remove_state(pid: int) -> None:
    """Remove the state file if it is still the one of this process."""
    info = read_state()
    if info is not None and info.pid == pid:
        state_path().unlink(missing_ok=True)
