"""One look at everything between this kernel and a bucket: what waits for what, and what goes on beside what."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from oss_jupyter.checks.beside import Look, beside
from oss_jupyter.checks.culler import look_at_culler
from oss_jupyter.checks.dsw import STOP, look_at_stop, told_of_stop
from oss_jupyter.checks.ends import LIFE, look_at_computer, look_at_life
from oss_jupyter.checks.network import CONNECTION, look_at_network
from oss_jupyter.checks.permissions import BUCKET, CREDENTIALS, PROBES, PUT, look_at, look_at_put
from oss_jupyter.checks.room import ROOM, look_at_room
from oss_jupyter.checks.speed import SPEED, measure
from oss_jupyter.checks.target import INSIDE, TARGET, look_around, look_at_target
from oss_jupyter.errors import CredentialsError
from oss_jupyter.model.credentials_found import CredentialsFound
from oss_jupyter.model.finding import Check, Finding, Standing, fine, unknown, wrong
from oss_jupyter.model.sizes import format_duration, format_size
from oss_jupyter.model.target import Target
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.dsw import AutomaticStop, automatic_stop, dsw_instance
from oss_jupyter.texts import english, tr

# More than a second, and people look elsewhere; a metadata server outside of the cloud takes nearly one.
_WAIT_SECONDS = 4.0
# For all of it, on a line that hardly moves: what has no answer by then is told to be late.
_WHOLE_SECONDS = 9.0
# Of it, what is left for the speed when all else is late.
_SPEED_LEAST_SECONDS = 1.5
# Looks inside of a look end before it does.
_MOMENT_SECONDS = 0.2
TAKES = english("time")


@dataclass(frozen=True)
class Subject:
    """What is looked at. control: None where nobody knows which service is meant. target: None without a bucket.

    who: the credentials; raises CredentialsError; None where they are a line of `asked`. source_bytes: how much is to
    be sent, None where nobody has said or can tell; spool_bytes: what of it has to be written to disk first. folder: of
    the checkpoints, None for none. asked: what was asked for and cannot be meant.
    """

    control: SdkControl | None
    target: Target | None
    who: Callable[[], CredentialsFound] | None
    source_bytes: int | None
    spool_bytes: int
    folder: Path | None
    keep_alive_hours: float
    asked: tuple[Finding, ...] = ()


def look(subject: Subject, now: Callable[[], float] = time.time, *, fast: bool = False) -> Check:
    """Look at everything, for some seconds at most. now: seconds since the epoch. fast: without measuring the speed."""
    begun, control = time.monotonic(), subject.control
    found = _here(subject, now) if control is None else _all_of_it(subject, control, now, begun, fast=fast)
    service = tr("this computer") if control is None else control.settings.describe()
    about = service if subject.target is None else str(subject.target)
    return Check(about, (*subject.asked, *found), time.monotonic() - begun)


def _here(subject: Subject, now: Callable[[], float]) -> list[Finding]:
    """Look at what can be looked at where nobody knows which service is meant."""
    signing: list[CredentialsFound] = []
    way = {LIFE: lambda: _who_signs(subject, signing), ROOM: lambda: _room(subject)}
    findings = beside(way, _WAIT_SECONDS)
    return [*(look_at_life(signing[0], 0.0, now()) if signing else []), *findings, *_ends(subject, 0.0)]


def _all_of_it(
    subject: Subject, control: SdkControl, now: Callable[[], float], begun: float, *, fast: bool
) -> list[Finding]:
    settings, target = control.settings, subject.target
    signing: list[CredentialsFound] = []
    way = {CONNECTION: lambda: look_at_network(settings, now), LIFE: lambda: _who_signs(subject, signing)}
    findings = beside(way, _WAIT_SECONDS)
    can_ask = not any(one.standing is Standing.WRONG for one in findings) and bool(signing)
    place = len(findings)
    # PutObject is asked before the other permissions, which are waited for inside.
    ends_at = begun + _WHOLE_SECONDS
    asked_until = ends_at - _SPEED_LEAST_SECONDS
    stops: list[AutomaticStop] = []
    looks = {**_beyond(subject, control, can_ask, asked_until), **(_instance(control, stops) if signing else {})}
    findings += beside(looks, asked_until - time.monotonic())
    speed = 0.0
    if target is not None and not fast and _allowed(findings, PUT):
        measured, speed = _speed(control, target, findings, ends_at)
        findings += measured
    takes_seconds = (subject.source_bytes or 0) / speed if speed else 0.0
    findings[place:place] = look_at_life(signing[0], takes_seconds, now()) if signing else []
    findings += _ends(subject, takes_seconds)
    return findings + [told_of_stop(stop, takes_seconds, now()) for stop in stops[:1]]


def _beyond(subject: Subject, control: SdkControl, can_ask: bool, until: float) -> Mapping[str, Look]:
    target = subject.target
    looks: dict[str, Look] = {}
    if can_ask and target is not None:
        looks[PUT] = lambda: _permissions(control, target, until - _MOMENT_SECONDS)
    looks[INSIDE] = lambda: look_around(control.settings)
    looks[ROOM] = lambda: _room(subject)
    return looks


def _room(subject: Subject) -> list[Finding]:
    said = any(one.name == ROOM for one in subject.asked)
    return [] if said else look_at_room(subject.folder, subject.spool_bytes)


def _instance(control: SdkControl, stops: list[AutomaticStop]) -> Mapping[str, Look]:
    ask = lambda: automatic_stop(control.signing_keys(), control.settings)  # noqa: E731
    return {STOP: lambda: look_at_stop(ask, stops)} if dsw_instance() else {}


def _permissions(control: SdkControl, target: Target, until: float) -> list[Finding]:
    """Ask for the others only where the credentials and the bucket are what they should be. until: monotonic."""
    found = look_at_put(control, target)
    if not {CREDENTIALS, BUCKET} <= {one.name for one in found if one.standing is Standing.FINE}:
        return found
    looks: dict[str, Look] = {probe.name: partial(look_at, probe, control, target) for probe in PROBES}
    looks[TARGET] = lambda: look_at_target(control, target)
    return [*found, *beside(looks, min(_WAIT_SECONDS - 1, until - time.monotonic()))]


def _allowed(findings: list[Finding], name: str) -> bool:
    return any(one.name == name and one.standing is Standing.FINE for one in findings)


def _speed(control: SdkControl, target: Target, findings: list[Finding], ends_at: float) -> tuple[list[Finding], float]:
    if not _allowed(findings, "AbortMultipartUpload"):
        return [unknown(SPEED, tr("It is not measured, because the parts for it could not be removed."))], 0.0
    return measure(control, target, ends_at - time.monotonic())


def _who_signs(subject: Subject, signing: list[CredentialsFound]) -> list[Finding]:
    """Find the credentials, or say why there are none."""
    try:
        signing.extend([] if subject.who is None else [subject.who()])
    except CredentialsError as error:
        return [wrong(LIFE, error.what, error.advice)]
    return []


def _ends(subject: Subject, takes_seconds: float) -> list[Finding]:
    found: list[Finding] = []
    if takes_seconds:
        text = tr(
            "{size} take about {time} at this speed.",
            size=format_size(subject.source_bytes or 0),
            time=format_duration(takes_seconds, tenths=True),
        )
        found.append(fine(TAKES, text))
    return [*found, *look_at_culler(subject.keep_alive_hours, takes_seconds), *look_at_computer(takes_seconds)]
