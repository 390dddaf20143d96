"""Whether PAI-DSW stops the instance of this kernel before an upload has ended."""

from __future__ import annotations

from collections.abc import Callable

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.finding import Finding, fine, unknown, warning, wrong
from oss_jupyter.model.sizes import format_duration
from oss_jupyter.oss.dsw import AutomaticStop, dsw_instance

STOP = "automatic stop"
_WHERE = "See the automatic stop of the instance in the console of PAI (DSW)"
_GOES_ON = "what is in OSS by then is not sent again when the instance runs on"


def look_at_stop(ask: Callable[[], AutomaticStop], found: list[AutomaticStop]) -> list[Finding]:
    """Put into `found` when this instance stops; return why that is not known, or nothing."""
    try:
        found.append(ask())
    except (OSError, OssJupyterError) as error:
        said = error.what if isinstance(error, OssJupyterError) else f"{error}."
        text = f"This is the PAI-DSW instance {dsw_instance()}; whether it stops by itself is not known: {said}"
        advice = f"{_WHERE}: DSW counts as idle what uses its processors little, as an upload does; {_GOES_ON}."
        return [unknown(STOP, text, advice)]
    return []


def told_of_stop(stop: AutomaticStop, takes_seconds: float, now: float) -> Finding:
    """Return what an automatic stop means for an upload. now: seconds since the epoch."""
    takes = f"the upload takes about {format_duration(takes_seconds)}"
    advice = f"{_WHERE}; {_GOES_ON}."
    if stop.due_at is not None:
        left_seconds = max(0.0, stop.due_at.timestamp() - now)
        said = f"DSW stops this instance at {stop.due_at:%Y-%m-%d %H:%M} UTC, in {format_duration(left_seconds)}"
        if takes_seconds > left_seconds:
            return wrong(STOP, f"{said}, and {takes}.", advice)
        if not stop.idle_minutes:
            return fine(STOP, f"{said}.")
    if not stop.idle_minutes:
        return fine(STOP, "This DSW instance has no automatic stop of its own.")
    used = f"use less than {stop.cpu_percent} %" if stop.cpu_percent else "are idle"
    said = f"DSW stops this instance when its processors {used} for {stop.idle_minutes} min"
    if takes_seconds > stop.idle_minutes * 60.0:
        return warning(STOP, f"{said}; {takes}, and uses them little.", advice)
    return fine(STOP, f"{said}.")
