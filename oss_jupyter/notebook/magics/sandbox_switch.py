"""What `%oss_sandbox` does: run the local server, and point this kernel's settings at it and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oss_jupyter.model.arguments import ARGUMENTS
from oss_jupyter.model.sizes import format_speed, parse_speed
from oss_jupyter.model.target import check_bucket
from oss_jupyter.paths import here
from oss_jupyter.session.sandbox_process import sandbox_command
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.texts import sentences, tr

# A way that leads to the real service leads past the sandbox.
_ELSEWHERE = tuple(name for name, one in ARGUMENTS.items() if one.elsewhere)


class SandboxSwitch:
    """Starts and stops the sandbox; remembers the settings that were there before. Main thread only."""

    def __init__(self, settings: OssJupyter) -> None:
        self._settings = settings
        self._before: dict[str, Any] | None = None

    def start(self, rate: str | None = None, bucket: str | None = None) -> list[str]:
        """Start the sandbox, or find it, and send this kernel's uploads there. Return what to say.

        One that runs already keeps what is in it, and gets the rate and the bucket.
        """
        options = ["--detach"]
        if rate is not None:
            options += ["--rate", str(parse_speed(rate, "--rate"))]
        if bucket is not None:
            check_bucket(bucket)
            options += ["--bucket", bucket]
        info = sandbox_command(*options)
        self._point({"endpoint": info["endpoint"], "region": info["region"], **self._no_detour()})
        command = f"%oss_upload {_example()} oss://{info['bucket']}/"
        return [
            _runs(info, rate),
            tr("This kernel uploads to it now. Try: {command}", command=command),
            *_trouble(info),
        ]

    def stop(self) -> list[str]:
        """Stop the sandbox and bring back the settings that were there before. Return what to say."""
        info = sandbox_command("--stop")
        gone = "endpoint" in info
        said = [tr("The sandbox is stopped; what was in it is gone." if gone else "No sandbox is running.")]
        if self._before is not None:
            self._set(self._before)
            self._before = None
            said.append(tr("The settings are as they were before it was started."))
        return said

    def status(self) -> list[str]:
        """Return what to say of the sandbox."""
        info = sandbox_command("--status")
        if not info["running"]:
            return [tr("No sandbox is running. Start one with: %oss_sandbox start")]
        here = self._settings.endpoint == info["endpoint"]
        return [
            tr("{sandbox} is running; its data lies in {directory}.", sandbox=_place(info), directory=info["data_dir"]),
            tr(
                "This kernel uploads to it."
                if here
                else "This kernel uploads elsewhere; %oss_sandbox start changes that."
            ),
            *_trouble(info),
        ]

    def _no_detour(self) -> dict[str, Any]:
        traits = self._settings.traits()
        return {name: traits[name].default_value for name in _ELSEWHERE}

    def _point(self, values: Mapping[str, Any]) -> None:
        if self._before is None:
            self._before = {name: getattr(self._settings, name) for name in values}
        self._set(values)

    def _set(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            setattr(self._settings, name, value)


def _place(info: Mapping[str, Any]) -> str:
    return tr(
        "A sandbox at {endpoint} (region {region}, bucket {bucket})",
        endpoint=info["endpoint"],
        region=info["region"],
        bucket=info["bucket"],
    )


def _runs(info: Mapping[str, Any], rate: str | None) -> str:
    sandbox = _place(info)
    if rate is None:
        return tr("{sandbox} is running; it ends by itself after half an hour without requests.", sandbox=sandbox)
    return tr(
        "{sandbox} is running and takes {speed}; it ends by itself after half an hour without requests.",
        sandbox=sandbox,
        speed=format_speed(parse_speed(rate, "--rate")),
    )


def _trouble(info: Mapping[str, Any]) -> list[str]:
    trouble = info.get("trouble")
    if not trouble:
        return []
    return [sentences(trouble, tr("Make room there, or begin anew: %oss_sandbox stop, then start."))]


def _example() -> str:
    """Return the largest file of the folder; where there is none, the word for one."""
    files = [path for path in here().iterdir() if path.is_file() and not path.name.startswith(".")]
    if not files:
        return "FILE"
    name = max(files, key=lambda path: path.stat().st_size).name
    return f'"{name}"' if " " in name else name
