"""Whether PAI-DSW stops the instance of this kernel before an upload has ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.finding import Finding, Standing, fine, unknown, warning, wrong
from oss_jupyter.model.sizes import format_duration
from oss_jupyter.oss.dsw import AutomaticStop, dsw_instance
from oss_jupyter.texts import english, tr

STOP = english("automatic stop")
_ADVICE = english(
    "See the automatic stop of the instance in the console of PAI (DSW); what is in OSS by then is not sent again when "
    "the instance runs on."
)
_ADVICE_UNKNOWN = english(
    "See the automatic stop of the instance in the console of PAI (DSW): DSW counts as idle what uses its processors "
    "little, as an upload does; what is in OSS by then is not sent again when the instance runs on."
)


def look_at_stop(ask: Callable[[], AutomaticStop], found: list[AutomaticStop]) -> list[Finding]:
    """Put into `found` when this instance stops; return why that is not known, or nothing."""
    try:
        found.append(ask())
    except (OSError, OssJupyterError) as error:
        said = error.what if isinstance(error, OssJupyterError) else tr("{reason}.", reason=error)
        text = tr(
            "This is the PAI-DSW instance {instance}; whether it stops by itself is not known: {why}",
            instance=dsw_instance(),
            why=said,
        )
        return [unknown(STOP, text, tr(_ADVICE_UNKNOWN))]
    return []


def told_of_stop(stop: AutomaticStop, takes_seconds: float, now: float) -> Finding:
    """Return what an automatic stop means for an upload. now: seconds since the epoch."""
    if stop.due_at is not None:
        due = _told_of_due(stop.due_at, takes_seconds, now)
        if due.standing is Standing.WRONG or not stop.idle_minutes:
            return due
    if not stop.idle_minutes:
        return fine(STOP, tr("This DSW instance has no automatic stop of its own."))
    return _told_of_idle(stop, stop.idle_minutes, takes_seconds)


def _told_of_due(due_at: datetime, takes_seconds: float, now: float) -> Finding:
    left_seconds = max(0.0, due_at.timestamp() - now)
    due, left = f"{due_at:%Y-%m-%d %H:%M}", format_duration(left_seconds)
    if takes_seconds <= left_seconds:
        return fine(STOP, tr("DSW stops this instance at {due} UTC, in {left}.", due=due, left=left))
    text = tr(
        "DSW stops this instance at {due} UTC, in {left}, and the upload takes about {time}.",
        due=due,
        left=left,
        time=format_duration(takes_seconds),
    )
    return wrong(STOP, text, tr(_ADVICE))


def _told_of_idle(stop: AutomaticStop, minutes: int, takes_seconds: float) -> Finding:
    used = tr("use less than {percent} %", percent=stop.cpu_percent) if stop.cpu_percent else tr("are idle")
    if takes_seconds <= minutes * 60.0:
        text = tr("DSW stops this instance when its processors {used} for {minutes} min.", used=used, minutes=minutes)
        return fine(STOP, text)
    text = tr(
        "DSW stops this instance when its processors {used} for {minutes} min; the upload takes about {time}, and uses "
        "them little.",
        used=used,
        minutes=minutes,
        time=format_duration(takes_seconds),
    )
    return warning(STOP, text, tr(_ADVICE))
