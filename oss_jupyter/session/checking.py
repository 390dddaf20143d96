"""What could stand in the way of an upload, asked with the words of an upload: see the room `checks`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from oss_jupyter import forks
from oss_jupyter.checks.asked import ENDPOINT, SOURCE, Asked
from oss_jupyter.checks.ends import LIFE
from oss_jupyter.checks.room import ROOM
from oss_jupyter.checks.target import TARGET
from oss_jupyter.engine.dataset.notes import nothing_found
from oss_jupyter.errors import InputError, PartStopped
from oss_jupyter.local.dataset_source import dataset_source
from oss_jupyter.local.scan import scan
from oss_jupyter.local.sendable import sendable
from oss_jupyter.local.source import FileSource
from oss_jupyter.model.dataset import DatasetSource, Selection
from oss_jupyter.model.finding import Check
from oss_jupyter.model.retry import RetryPolicy
from oss_jupyter.model.target import Target, address, parse_prefix, parse_target
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.objects.streams import is_stream
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.credentials import credentials_chain
from oss_jupyter.session.interrupts import ToldInterrupt
from oss_jupyter.session.sandbox_process import sandbox_credentials
from oss_jupyter.session.session import Session
from oss_jupyter.session.stores import UNSET
from oss_jupyter.session.who_signs import found_by
from oss_jupyter.texts import tr

# A look asks once, and waits for no longer than somebody does who looks.
_PATIENCE: dict[str, Any] = {"connect_timeout_seconds": 3.0, "read_timeout_seconds": 3.5}
_COUNTING_SECONDS = 1.0


def check(
    session: Session,
    target: str,
    source: Any,
    arguments: UploadArguments,
    *,
    fast: bool = False,
    name: str | None = None,
    spell: Callable[[str], str] = str,
) -> Check:
    """Return what stands in the way of an upload of `source` to `target`; either may be left out as "" and None.

    name: as in `Session.upload`. spell: how arguments are written in its sentences. What cannot be meant is a line of
    the check, and all else is looked at.
    """
    given, asked, wiring = arguments.given, Asked(), session.wiring
    where = asked.take(TARGET, lambda: _target(target))
    size = None if source is None else asked.take(SOURCE, lambda: _size(session, source, target, name))
    source_bytes, spool_bytes = size or (None, 0)
    settings = asked.take(ENDPOINT, lambda: replace(wiring.endpoint(given), **_PATIENCE))
    profile, credentials = given.get("profile") or wiring.settings.profile, given.get("credentials")
    ours = sandbox_credentials(settings.url) if settings and credentials is None and profile is None else None
    chain = None if LIFE in asked else asked.take(LIFE, lambda: credentials_chain(credentials or ours, profile))
    store = asked.take(ROOM, lambda: wiring.stores.at(given.get("checkpoint_dir", UNSET)))
    with forks.no_forks:
        from oss_jupyter.checks.look import Subject, look  # requests, 0.1 s

    now = wiring.clock.time
    control = SdkControl(settings, chain, RetryPolicy(attempts=1), now=now) if settings and chain else None
    region = settings.region or "" if settings else ""
    subject = Subject(
        control=control,
        target=where,
        who=partial(found_by, chain, region, ours is not None) if chain else None,
        source_bytes=source_bytes,
        spool_bytes=spool_bytes,
        folder=store.directory if store else None,
        keep_alive_hours=wiring.settings.keep_alive_hours,
        asked=asked.wrong,
    )
    try:
        return look(subject, now, fast=fast).spelled(spell)
    except KeyboardInterrupt:
        raise ToldInterrupt(_interrupted(fast=fast)) from None
    finally:
        if control is not None:
            control.close()


def _interrupted(*, fast: bool) -> str:
    if fast:
        return tr("The check was interrupted.")
    return tr("The check was interrupted. What was sent to measure the speed is removed in the background.")


def _target(text: str) -> Target | None:
    if text == "":
        return None
    address(text)  # which says what else it is
    return parse_prefix(text) if text.endswith("/") or text.count("/") == 2 else parse_target(text)


def _size(session: Session, source: Any, target: str, name: str | None) -> tuple[int | None, int]:
    """Return how many bytes a source has, None where that takes long, and how many are written to disk first."""
    if is_stream(source):
        return None, 0
    try:
        found = None if name == "" else session.spooling.find(source, target, name)
    except InputError:
        if target:
            raise
        return None, 0  # the key says as what it is written, and there is none
    if found is not None:
        return found.expected_bytes, found.expected_bytes or 0
    if isinstance(source, Iterator):  # of bytes, mostly; looking at an item takes it away
        return None, 0
    dataset = dataset_source(source)
    if dataset is None:
        return FileSource(sendable(source)).check().size, 0
    return _counted(dataset), 0


def _counted(dataset: DatasetSource) -> int | None:
    """Return the bytes of a dataset, None where counting takes long. Raises SourceError, also where it has no file."""
    until = time.monotonic() + _COUNTING_SECONDS
    files = scan(dataset, Selection(), lambda: time.monotonic() > until)
    try:
        sizes = [file.size for file in files]
    except PartStopped:
        return None
    if not sizes and dataset.pieces:
        raise nothing_found(dataset.text, files.passed_over)
    return sum(sizes)
