"""What could end an upload early: credentials that end, a closed lid."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

from oss_jupyter.model.credentials_found import CredentialsFound
from oss_jupyter.model.finding import Finding, fine, warning, wrong
from oss_jupyter.model.sizes import format_duration
from oss_jupyter.texts import english, tr

LIFE, LID = english("credentials"), english("computer")
_ANEW = english("Put new ones there meanwhile: an upload waits for them and goes on, and nothing is sent again.")


def look_at_life(found: CredentialsFound, takes_seconds: float, now: float) -> list[Finding]:
    """Return where credentials come from, and whether they last as long as an upload. now: seconds since the epoch."""
    if found.ends_at is None:
        return [fine(LIFE, tr("{credentials}.", credentials=found))]
    left_seconds = found.ends_at.timestamp() - now
    if left_seconds <= 0:
        ago = format_duration(-left_seconds)
        text = tr("{source}: their session token ended {time} ago.", source=found.source, time=ago)
        return [wrong(LIFE, text, tr(_ANEW))]
    left = format_duration(left_seconds)
    if takes_seconds <= left_seconds:
        return [fine(LIFE, tr("{credentials}, that is for {left}.", credentials=found, left=left))]
    text = tr(
        "{credentials}, that is for {left}, and the upload takes about {time}.",
        credentials=found,
        left=left,
        time=format_duration(takes_seconds),
    )
    return [wrong(LIFE, text, tr(_ANEW))]


def look_at_computer(takes_seconds: float, power: Path = Path("/sys/class/power_supply")) -> list[Finding]:
    """Return whether this computer may go to sleep meanwhile, as far as that can be told."""
    with suppress(OSError):
        if any(one.name.startswith("BAT") for one in power.iterdir()):
            text = tr("This computer has a battery: it may sleep when its lid is closed.")
            return [warning(LID, text, _keep_awake(takes_seconds))]
    return []


def _keep_awake(takes_seconds: float) -> str:
    if not takes_seconds:
        return tr("Keep it open and plugged in; if it sleeps, the upload goes on when it wakes.")
    return tr(
        "Keep it open and plugged in until {time}; if it sleeps, the upload goes on when it wakes.",
        time=_clock_in(takes_seconds),
    )


def _clock_in(seconds: float) -> str:
    return f"{datetime.now(timezone.utc).astimezone() + timedelta(seconds=seconds):%H:%M}"
