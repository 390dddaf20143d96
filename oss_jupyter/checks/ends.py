"""What could end an upload early: credentials that end, a closed lid."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

from oss_jupyter.model.credentials_found import CredentialsFound
from oss_jupyter.model.finding import Finding, fine, warning, wrong
from oss_jupyter.model.sizes import format_duration

LIFE, LID = "credentials", "computer"


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
