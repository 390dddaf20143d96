"""After which time of silence the server of this kernel ends it, as far as its settings tell."""

from __future__ import annotations

import json
import math
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from oss_jupyter.model.finding import Finding, fine, unknown, wrong
from oss_jupyter.model.sizes import format_duration
from oss_jupyter.texts import english, tr

CULLER = english("culler")
_HOUR_SECONDS = 3600.0
_NEVER = 0.0
# In a command line, in jupyter_server_config.json and in jupyter_server_config.py.
_CULLS = re.compile(r"cull_idle_timeout[\"']?\s*[:=]\s*(\d[\d_]*(?:\s*\*\s*\d[\d_]*)*)(?=[\s,}]|$)")
# What servers, JupyterLab and Notebook read of such a folder, the first to count first. Not what lies in
# jupyter_server_config.d: of that they take the names of extensions, and nothing else.
_CONFIGS = ("jupyter_server_config", "jupyter_lab_config", "jupyter_notebook_config", "jupyter_config")
# A variable that the platform puts into its kernels.
_HUB = "JUPYTERHUB_SERVICE_PREFIX"


def look_at_culler(keep_alive_hours: float, takes_seconds: float) -> list[Finding]:
    """Return after which time of silence the server of this kernel ends it, and whether that matters to an upload."""
    seconds, where = cull_seconds()
    if seconds == _NEVER and not where:
        return []
    if not seconds:
        return [_of_platform(where, keep_alive_hours)]
    if not keep_alive_hours:
        return [_not_kept(format_duration(seconds), where)]
    told = {"idle": format_duration(seconds), "where": where, "hours": f"{keep_alive_hours:g}"}
    if takes_seconds > keep_alive_hours * _HOUR_SECONDS:
        return [_not_long_enough(told, takes_seconds)]
    text = tr(
        "The server ends kernels that are idle for {idle} ({where}); an upload keeps this one active, for {hours} h "
        "at most.",
        **told,
    )
    return [fine(CULLER, text)]


def _not_kept(idle: str, where: str) -> Finding:
    return wrong(
        CULLER,
        tr(
            "The server ends kernels that are idle for {idle} ({where}), and keep_alive_hours is 0.",
            idle=idle,
            where=where,
        ),
        tr("Set OssJupyter.keep_alive_hours above 0, or keep a cell running."),
    )


def _not_long_enough(told: Mapping[str, str], takes_seconds: float) -> Finding:
    text = tr(
        "The server ends kernels that are idle for {idle} ({where}); an upload keeps this one active, for {hours} h "
        "at most, and it takes about {time}.",
        **told,
        time=format_duration(takes_seconds),
    )
    hours = f"{takes_seconds / _HOUR_SECONDS:.0f}"
    return wrong(CULLER, text, tr("Set OssJupyter.keep_alive_hours above {hours}.", hours=hours))


def cull_seconds() -> tuple[float, str]:
    """Return after how many seconds of silence kernels are ended, and who says so.

    0 where nobody says it; then the name is of the platform, or of the file, that may do it all the same, or "".
    """
    for where, text in _told():
        if "cull_idle_timeout" in text:  # whoever says it first counts, also where it is 0
            found = _CULLS.findall(text)
            seconds = math.prod(map(int, found[-1].split("*"))) if found else _NEVER
            return float(seconds), where if seconds or not found else ""
    return _NEVER, "JupyterHub" if os.environ.get(_HUB) else ""


def _told() -> Iterator[tuple[str, str]]:
    """Yield what the server was started with, and then its files of settings, each with its name."""
    line = ""
    if "ipykernel" in sys.modules:
        with suppress(OSError):
            line = Path(f"/proc/{os.getppid()}/cmdline").read_bytes().decode("utf-8", "replace")
    yield tr("its command line"), line.replace("\0", " ")
    folders = _config_folders(line.partition("\0")[0])
    for path in (folder / f"{name}{end}" for name in _CONFIGS for folder in folders for end in (".json", ".py")):
        with suppress(OSError):
            yield str(path), _without_comments(path.read_text("utf-8", "replace"))


def _config_folders(server: str) -> list[Path]:
    """Return where Jupyter looks for settings, the first to count first. server: the Python of its server, or ""."""
    folders: list[str] = []
    with suppress(ImportError):  # a kernel has it; a script may not
        from jupyter_core.paths import jupyter_config_path

        folders = jupyter_config_path()
    # The server may be in another environment than its kernels.
    own = [Path(server).parent.parent / "etc" / "jupyter"] if server.startswith("/") else []
    return [*map(Path, folders), *own]


def _without_comments(text: str) -> str:
    try:
        return json.dumps(json.loads(text))
    except ValueError:
        return re.sub(r"(?m)#.*$", "", text)


def _of_platform(name: str, keep_alive_hours: float) -> Finding:
    text = tr(
        "{name} may end what is idle, and does not say when; while an upload runs the kernel counts as active, for "
        "{hours} h at most.",
        name=name,
        hours=f"{keep_alive_hours:g}",
    )
    return unknown(CULLER, text)
