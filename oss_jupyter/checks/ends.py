"""What could end an upload early: credentials that end, a server that culls its kernels, a closed lid."""

from __future__ import annotations

import json
import math
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

from oss_jupyter.model.credentials_found import CredentialsFound
from oss_jupyter.model.finding import Finding, fine, unknown, warning, wrong
from oss_jupyter.model.sizes import format_duration

LIFE, CULLER, LID = "credentials", "culler", "computer"
_HOUR_SECONDS = 3600.0
_NEVER = 0.0
# In a command line, in jupyter_server_config.json and in jupyter_server_config.py.
_CULLS = re.compile(r"cull_idle_timeout[\"']?\s*[:=]\s*(\d[\d_]*(?:\s*\*\s*\d[\d_]*)*)(?=[\s,}]|$)")
_CONFIGS = ("jupyter_server_config", "jupyter_notebook_config", "jupyter_config")
# Variables that the platforms put into their kernels.
_HUB, _DSW = "JUPYTERHUB_SERVICE_PREFIX", ("DSW_INSTANCE_ID", "PAI_DSW_INSTANCE_ID")


def look_at_life(found: CredentialsFound, takes_seconds: float, now: float) -> list[Finding]:
    """Return where credentials come from, and whether they last as long as an upload. now: seconds since the epoch."""
    if found.ends_at is None:
        return [fine(LIFE, f"{found}.")]
    left_seconds = found.ends_at.timestamp() - now
    anew = "Put new ones there meanwhile: an upload waits for them and goes on, and nothing is sent again."
    if left_seconds <= 0:
        return [wrong(LIFE, f"{found.source}: their session token ended {format_duration(-left_seconds)} ago.", anew)]
    said = f"{found}, that is for {format_duration(left_seconds)}"
    if takes_seconds > left_seconds:
        return [wrong(LIFE, f"{said}, and the upload takes about {format_duration(takes_seconds)}.", anew)]
    return [fine(LIFE, f"{said}.")]


def look_at_culler(keep_alive_hours: float, takes_seconds: float) -> list[Finding]:
    """Return after which time of silence the server of this kernel ends it, and whether that matters to an upload."""
    seconds, where = cull_seconds()
    if seconds == _NEVER and not where:
        return []
    if not seconds:
        return [_of_platform(where, keep_alive_hours)]
    said = f"The server ends kernels that are idle for {format_duration(seconds)} ({where})"
    if not keep_alive_hours:
        advice = "Set OssJupyter.keep_alive_hours above 0, or keep a cell running."
        return [wrong(CULLER, f"{said}, and keep_alive_hours is 0.", advice)]
    kept = f"an upload keeps this one active, for {keep_alive_hours:g} h at most"
    if takes_seconds > keep_alive_hours * _HOUR_SECONDS:
        advice = f"Set OssJupyter.keep_alive_hours above {takes_seconds / _HOUR_SECONDS:.0f}."
        return [wrong(CULLER, f"{said}; {kept}, and it takes about {format_duration(takes_seconds)}.", advice)]
    return [fine(CULLER, f"{said}; {kept}.")]


def cull_seconds() -> tuple[float, str]:
    """Return after how many seconds of silence kernels are ended, and who says so.

    0 where nobody says it; then the name is of the platform, or of the file, that may do it all the same, or "".
    """
    for where, text in _told():
        if "cull_idle_timeout" in text:  # whoever says it first counts, also where it is 0
            found = _CULLS.findall(text)
            seconds = math.prod(map(int, found[-1].split("*"))) if found else _NEVER
            return float(seconds), where if seconds or not found else ""
    if os.environ.get(_HUB):
        return _NEVER, "JupyterHub"
    return _NEVER, "PAI-DSW" if any(os.environ.get(name) for name in _DSW) else ""


def _told() -> Iterator[tuple[str, str]]:
    """Yield what the server was started with, and then its files of settings, each with its name."""
    if "ipykernel" in sys.modules:
        with suppress(OSError):
            line = Path(f"/proc/{os.getppid()}/cmdline").read_bytes().decode("utf-8", "replace")
            yield "its command line", line.replace("\0", " ")
    for folder in _config_folders(os.environ):
        for path in (folder / f"{name}{ending}" for name in _CONFIGS for ending in (".json", ".py")):
            with suppress(OSError):
                yield str(path), _without_comments(path.read_text("utf-8", "replace"))


def _config_folders(environ: Mapping[str, str]) -> list[Path]:
    """Return where jupyter looks for settings, the first to count first (jupyter_core, "Config file location")."""
    named = [environ["JUPYTER_CONFIG_DIR"]] if environ.get("JUPYTER_CONFIG_DIR") else []
    own = environ.get("HOME") or environ.get("USERPROFILE") or ""
    folders = [*named, os.path.join(own, ".jupyter"), os.path.join(sys.prefix, "etc", "jupyter"), "/etc/jupyter"]  # noqa: PTH118
    return [Path(folder) for folder in folders if folder]


def _without_comments(text: str) -> str:
    try:
        return json.dumps(json.loads(text))
    except ValueError:
        return re.sub(r"(?m)#.*$", "", text)


def _of_platform(name: str, keep_alive_hours: float) -> Finding:
    kept = f"while an upload runs the kernel counts as active, for {keep_alive_hours:g} h at most"
    return unknown(CULLER, f"{name} may end what is idle, and does not say when; {kept}.")


def look_at_computer(takes_seconds: float, power: Path = Path("/sys/class/power_supply")) -> list[Finding]:
    """Return whether this computer may go to sleep meanwhile, as far as that can be told."""
    with suppress(OSError):
        if any(one.name.startswith("BAT") for one in power.iterdir()):
            until = f" until {_clock_in(takes_seconds)}" if takes_seconds else ""
            awake = f"Keep it open and plugged in{until}; if it sleeps, the upload goes on when it wakes."
            return [warning(LID, "This computer has a battery: it may sleep when its lid is closed.", awake)]
    return []


def _clock_in(seconds: float) -> str:
    return f"{datetime.now(timezone.utc).astimezone() + timedelta(seconds=seconds):%H:%M}"
