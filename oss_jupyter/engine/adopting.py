"""An unfinished upload of the object that no checkpoint knows: a home directory is lost, a container is new.

It is found at the service, and gone on with where some of its parts have the file's bytes. Two computers may do that
with the same upload at once: a part that both send has the same bytes, and after one of them has completed it the other
finds the finished object. So what is guarded against is only that the parts of somebody else's work are taken over
while that goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from oss_jupyter.engine.differences import settled_at_begin
from oss_jupyter.engine.log import log
from oss_jupyter.engine.notes import Lasts
from oss_jupyter.engine.restore import Restored, is_of_file, taken_over
from oss_jupyter.errors import NetworkError, ServiceError
from oss_jupyter.model.ages import format_age
from oss_jupyter.model.found_parts import fitting, plan_for
from oss_jupyter.model.plan import Plan
from oss_jupyter.model.sizes import count
from oss_jupyter.model.wire_values import Fingerprint, ListedPart
from oss_jupyter.texts import english, listed, tr

if TYPE_CHECKING:
    from oss_jupyter.engine.run_state import RunState
    from oss_jupyter.engine.service_requests import ServiceRequests
    from oss_jupyter.engine.spec import TransferSpec

# Who sends has a part stored within so much time, or has most likely ended.
QUIET_SECONDS = 15 * 60.0
# For each, its parts are listed.
_LOOKED_AT_MOST = 10
_OTHER_FILE = english(
    "the unfinished upload of this object in OSS has no part of this file. It stays and is billed; {remove} removes it."
)
_OTHER_FILES = english(
    "each of the latest {number} unfinished uploads of this object in OSS has no part of this file. They stay and are "
    "billed; {remove} removes the latest."
)


@dataclass(frozen=True)
class Unrecorded:
    """An upload that no checkpoint knows. parts: those that have a place in the plan of the file."""

    upload_id: str
    plan: Plan
    parts: tuple[ListedPart, ...]

    @property
    def size_bytes(self) -> int:
        """Bytes of the parts."""
        return sum(part.size for part in self.parts)

    @property
    def quiet_seconds(self) -> float:
        """For how long no part has come to it; 0 where nothing tells."""
        return min(part.age_seconds or 0.0 for part in self.parts)

    def __str__(self) -> str:
        return tr(
            "{upload_id}: {number} of {parts}, the last one {age} ago",
            upload_id=self.upload_id,
            number=f"{len(self.parts):,}",
            parts=count(len(self.plan), "part"),
            age=format_age(self.quiet_seconds),
        )


def adopted(state: RunState, fingerprint: Fingerprint) -> Restored | None:
    """Return what counts of an upload that no checkpoint knows, or None where the file is better sent anew.

    Raises Interrupted, PartStopped, SourceError, CredentialsError.
    """
    spec = state.spec
    if spec.adopt is False or spec.force or spec.plan.single or spec.store.directory is None:
        return None
    found = find_unrecorded(state)
    if found is None:
        return None
    log.debug("%s: no checkpoint knows %s", spec.transfer_id, found)
    why_not = "" if spec.adopt else _why_not(spec, found)
    if why_not:
        state.transfer.note(_passed_over(found, why_not), Lasts.WHILE_ASKED_SO, _left_over(spec, found, why_not))
        state.transfer.offer_to_adopt()
        return None
    header = replace(spec.header(fingerprint), upload_id=found.upload_id, part_size=found.plan.part_size)
    state.transfer.note(
        tr(
            "OSS holds an unfinished upload of this object that no checkpoint knew ({found}), and it goes on: its "
            "parts are compared with the file, and only what differs or is missing is sent. Storage class, encryption "
            "and headers are those that it was begun with.",
            found=found,
        )
    )
    return taken_over(header, found.parts, spec, state.requests)


def find_unrecorded(state: RunState) -> Unrecorded | None:
    """Return the fullest upload that has bytes of the file, or None; why there is none hears only who asked for one."""
    spec, requests = state.spec, state.requests
    try:
        upload_ids = requests.list_uploads(once=not spec.adopt)
        unknown = [one for one in upload_ids if one not in spec.store.upload_ids()] if upload_ids else []
        del unknown[_LOOKED_AT_MOST:]
        fit = [one for upload_id in unknown for one in _fits(spec, upload_id, requests)]
    except (ServiceError, NetworkError) as error:  # whatever it is, the upload can do without
        log.debug("%s: unfinished uploads are not looked for (%s)", spec.transfer_id, error.code)
        _answer(
            state,
            tr(
                "whether OSS holds an unfinished upload of this object is not known. {what} {advice}",
                what=error.what,
                advice=error.advice,
            ),
        )
        return None
    fit.sort(key=lambda one: one.size_bytes, reverse=True)
    found = next((one for one in fit if _has_bytes(one, spec, requests)), None)
    if found is None and unknown:
        _answer(state, _other_bytes(spec, unknown))
    return found


def _answer(state: RunState, words: str) -> None:
    if state.spec.adopt:
        state.transfer.note(tr("Nothing to go on with for adopt=True: {words}", words=words), Lasts.WHILE_ASKED_SO)


def _fits(spec: TransferSpec, upload_id: str, requests: ServiceRequests) -> Iterator[Unrecorded]:
    """Yield an upload whose parts can be parts of the file."""
    parts = _parts_of(upload_id, requests)
    plan = plan_for(parts, spec.plan.size)
    if plan is not None and (own := fitting(parts, plan)):
        yield Unrecorded(upload_id, plan, own)


def _parts_of(upload_id: str, requests: ServiceRequests) -> Sequence[ListedPart]:
    try:
        return requests.list_parts(upload_id)
    except ServiceError as error:
        if error.reply.code == "NoSuchUpload":
            return ()  # it has ended since it was listed
        raise


def _has_bytes(one: Unrecorded, spec: TransferSpec, requests: ServiceRequests) -> bool:
    """Whether its first, middle or last part is the file's: else it is another file that had the same name."""
    parts = one.parts
    some = {part.part_number: part for part in (parts[0], parts[len(parts) // 2], parts[-1])}
    return any(is_of_file(part, one.plan, spec.source, requests.stopped) for part in some.values())


def _why_not(spec: TransferSpec, found: Unrecorded) -> str:
    """Return why an upload is not gone on with unless its user says so, "" where it is."""
    if found.quiet_seconds < QUIET_SECONDS:
        return tr("Another computer may be sending it")
    names = listed(settled_at_begin(spec))
    return tr("Nothing tells whether it was begun with what you ask for ({names})", names=names) if names else ""


def _passed_over(found: Unrecorded, why_not: str) -> str:
    """Return the note on an upload that is left alone."""
    return tr(
        "OSS holds an unfinished upload of this object that no checkpoint knows ({found}). {why_not}, so this one "
        "begins anew. To go on with that one, run it again with adopt=True: what is sent by then is given up for it.",
        found=found,
        why_not=why_not,
    )


def _left_over(spec: TransferSpec, found: Unrecorded, why_not: str) -> str:
    """Return the note on it once this one has completed: nothing goes on with it then, and its parts stay."""
    return tr(
        "OSS holds an unfinished upload of this object that no checkpoint knows ({found}). {why_not}, so this one "
        "began anew. The other one stays and is billed; {remove} removes it.",
        found=found,
        why_not=why_not,
        remove=_remove(spec, found.upload_id),
    )


def _remove(spec: TransferSpec, upload_id: str) -> str:
    return f'oj.leftovers("{spec.target}").remove("{upload_id}")'


def _other_bytes(spec: TransferSpec, upload_ids: Sequence[str]) -> str:
    """Return that none of these uploads has a part that is the file's, and how to be rid of the latest."""
    words = _OTHER_FILE if len(upload_ids) == 1 else _OTHER_FILES
    return tr(words, number=len(upload_ids), remove=_remove(spec, upload_ids[0]))
