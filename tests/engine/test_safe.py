"""The second line of an error, what is safe: true for every class of error, after bytes went out as well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.engine.safe import what_is_kept, what_is_left
from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.errors import (
    LaneLost,
    OssJupyterError,
    PartStopped,
    ServiceError,
    ServiceReply,
    TransferAborted,
    TransferStateError,
)
from oss_jupyter.model.gauge import Gauge
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.states import State
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import PartReceipt, PartRequest

from .fakes import HastyClock, Service, refusal
from .kit import LONG_SECONDS, PART, Kernel, make_file, reach, until

_PARTS_BEFORE = 4


def _all_kinds(kind: type[OssJupyterError] = OssJupyterError) -> list[type[OssJupyterError]]:
    return [kind, *(one for sub in kind.__subclasses__() for one in _all_kinds(sub))]


def _make(kind: type[OssJupyterError]) -> OssJupyterError:
    if issubclass(kind, ServiceError):
        return kind(ServiceReply(403, "AccessDenied"), "The service said AccessDenied.", "Do something.")
    return kind("Something happened.", "Do something.")


# These never reach a user: a part that gave way, and one whose process went, are sent again.
_KINDS = [kind for kind in _all_kinds() if kind not in (PartStopped, LaneLost)]


def _fails_after_some(service: Service, error: OssJupyterError) -> Callable[[PartRequest, Gauge], PartReceipt]:
    def send_part(request: PartRequest, gauge: Gauge) -> PartReceipt:
        if request.part_number > _PARTS_BEFORE:
            raise error
        return service.send_part(request, gauge)

    return send_part


@pytest.mark.parametrize("kind", _all_kinds(), ids=lambda kind: kind.__name__)
def test_no_class_knows_what_was_sent(kind: type[OssJupyterError]) -> None:
    """A class cannot know how far an upload is, so by itself it claims nothing about it."""
    assert _make(kind).safe in ("", "Nothing was changed.")


@pytest.mark.parametrize("kind", _KINDS, ids=lambda kind: kind.__name__)
def test_what_is_kept_is_counted(service: Service, kernel: Kernel, source: Path, kind: type[OssJupyterError]) -> None:
    """Whatever stops an upload after four parts, the user is told that four are kept, and OSS has these four."""
    error = _make(kind)
    transfer = kernel.upload(
        source,
        control=service,
        send_part=_fails_after_some(service, error),
        parallel=1,
        clock=HastyClock(30.0),
    )
    until(lambda: transfer.state in (State.FAILED, State.WAITING_FOR_CREDENTIALS), "it cannot go on")
    if transfer.state is State.WAITING_FOR_CREDENTIALS:
        transfer.pause()
        reach(transfer, State.PAUSED)
        with pytest.raises(TransferStateError) as caught:
            transfer.result()
        said = caught.value.safe
    else:
        assert transfer.error is not None
        said = transfer.error.safe or kind.safe
    (parts,) = service.uploads.values()
    assert len(parts) == _PARTS_BEFORE
    assert said == (kind.safe or "4 of 12 parts are kept; resume sends the rest.")


@pytest.mark.parametrize("keep_parts", [True, False])
def test_after_an_abort(service: Service, kernel: Kernel, source: Path, keep_parts: bool) -> None:
    """`result` of an aborted upload says whether its parts are still in OSS, where they are billed."""
    transfer = _paused(service, kernel, source)
    transfer.abort(keep_parts=keep_parts)
    with pytest.raises(TransferAborted) as caught:
        transfer.result(LONG_SECONDS)
    left = sum(map(len, service.uploads.values()))
    assert left == (_PARTS_BEFORE if keep_parts else 0)
    said = {True: "4 of 12 parts stay in OSS, where they are billed", False: "Its parts were removed from OSS"}
    assert caught.value.safe.startswith(said[keep_parts])


def test_after_a_pause(service: Service, kernel: Kernel, source: Path) -> None:
    """`result` of a paused upload says how many parts count when it is resumed."""
    with pytest.raises(TransferStateError) as caught:
        _paused(service, kernel, source).result(LONG_SECONDS)
    assert caught.value.safe == "4 of 12 parts are kept; resume sends the rest."


def test_after_a_pause_without_a_checkpoint(service: Service, kernel: Kernel, source: Path) -> None:
    """Where nothing is saved, the parts are kept only as long as the kernel lives, and that is said."""
    with pytest.raises(TransferStateError) as caught:
        _paused(service, kernel, source, checkpoint_dir=None).result(LONG_SECONDS)
    assert "as long as this kernel lives" in caught.value.safe


def test_a_refused_move_changes_nothing(service: Service, kernel: Kernel, source: Path) -> None:
    """Pausing what is complete is refused, with words that do not speak of sending."""
    transfer = kernel.upload(source, control=service, send_part=service.send_part)
    transfer.result(LONG_SECONDS)
    for ask in (transfer.pause, transfer.resume, transfer.abort):
        with pytest.raises(TransferStateError) as refused:
            ask()
        what, safe, advice, code = refused.value.four_lines()
        assert what.startswith("A transfer that is completed cannot be ")
        assert (safe, code) == ("Nothing was changed.", "TransferStateError")
        assert "object is complete" in advice


def test_the_parts_are_gone(service: Service, kernel: Kernel, source: Path) -> None:
    """When OSS has forgotten the upload and gives no new one, nothing is said to be kept."""
    transfer = _paused(service, kernel, source)
    service.uploads.clear()
    service.script["initiate"].append(refusal("AccessDenied", 403))
    transfer.resume()
    reach(transfer, State.FAILED)
    assert transfer.error is not None
    assert transfer.error.safe == "Nothing was sent."


def test_an_object_of_one_piece(service: Service, kernel: Kernel, tmp_path: Path) -> None:
    """A single PutObject keeps no part, and says that the file is sent in one piece."""
    small = make_file(tmp_path / "small.bin", PART // 2)
    service.after["part 1"].append(refusal("AccessDenied", 403))
    transfer = kernel.upload(small, control=service, send_part=service.send_part)
    reach(transfer, State.FAILED)
    assert transfer.error is not None
    assert transfer.error.safe == "The file is untouched; it is sent in one piece when you resume."


def test_what_is_safe_of_an_object_and_of_a_stream() -> None:
    """An object is no file of the user's: what it was written to is kept, or goes; a stream has nothing left."""
    now = Snapshot("id", "df", Target("bucket", "key"), State.FAILED, parts_total=1)
    of_object, of_stream = replace(now, written=True), replace(now, open_ended=True)
    assert what_is_kept(of_object) == "What it was written to is kept; it is sent in one piece when you resume."
    assert what_is_kept(of_stream) == "Nothing was sent."
    assert what_is_left(now, parts_kept=False) == "The file is untouched."
    assert what_is_left(of_object, parts_kept=False) == "What it was written to is removed."
    assert what_is_left(of_stream, parts_kept=False) == "Nothing of it was in OSS."
    begun = replace(of_object, upload_id="1")
    assert (
        what_is_left(begun, parts_kept=False) == "Its parts were removed from OSS; what it was written to is removed."
    )


def _paused(service: Service, kernel: Kernel, source: Path, **arguments: Any) -> Transfer:
    """Return an upload of which four parts have arrived, paused."""

    def send_part(request: PartRequest, gauge: Gauge) -> PartReceipt:
        if request.part_number > _PARTS_BEFORE:
            until(lambda: gauge.stopped, "it is paused")
        return service.send_part(request, gauge)

    transfer = kernel.upload(source, control=service, send_part=send_part, parallel=1, **arguments)
    until(lambda: transfer.snapshot().parts_done == _PARTS_BEFORE, "four parts have arrived")
    transfer.pause()
    reach(transfer, State.PAUSED)
    return transfer
