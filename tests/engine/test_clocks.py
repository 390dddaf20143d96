"""This computer's clock and the service's differ, from the start or since one of them jumped: the upload goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from urllib.parse import parse_qs, urlsplit

import pytest

from oss_jupyter.engine.helper_lane import HelperLane
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import OssJupyterError, ServiceError, ServiceReply
from oss_jupyter.model.gauge import Gauge
from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.model.states import State
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import PartReceipt, PartRequest, SignedRequest
from oss_jupyter.oss.clock import ServiceClock
from oss_jupyter.oss.control import SIGNED_SECONDS, SdkControl
from oss_jupyter.oss.credentials import credentials_chain
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.oss.send_part import send_part
from oss_jupyter.sandbox import Fault, Key, Sandbox

from .fakes import Service, refusal
from .kit import BUCKET, KEY, LONG_SECONDS, PART, Kernel, alone, make_file, operations, sent_parts, stored, until

HOUR, DAY, YEAR = 3600.0, 86_400.0, 366 * 86_400.0


@dataclass
class Clocks:
    """Two clocks, each as far from the true time as it is set."""

    ours_seconds: float = 0.0
    theirs_seconds: float = 0.0

    def time(self) -> float:
        """Return this computer's time."""
        return time.time() + self.ours_seconds

    def service_time(self) -> float:
        """Return the service's."""
        return time.time() + self.theirs_seconds

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return monotonic()


@pytest.fixture
def clocks() -> Clocks:
    """Right ones, until a test sets them."""
    return Clocks()


@pytest.fixture
def far_sandbox(tmp_path: Path, clocks: Clocks) -> Iterator[Sandbox]:
    """A sandbox that lives by the service's clock."""
    with Sandbox(tmp_path / "far", keys=[Key(*KEY)], clock=clocks.service_time, region="cn-hangzhou") as sandbox:
        sandbox.create_bucket(BUCKET)
        yield sandbox


@pytest.fixture
def near_kernel(far_sandbox: Sandbox, checkpoints: Path, clocks: Clocks) -> Iterator[Kernel]:
    """A kernel that lives by this computer's."""
    kernel = Kernel(far_sandbox.endpoint, checkpoints)
    kernel.wiring.clock = clocks
    yield kernel
    far_sandbox.rate_bytes_per_second = None
    kernel.close()


def clock_notes(transfer: Transfer) -> list[str]:
    return [note for note in transfer.snapshot().notes if "clock" in note]


@pytest.mark.parametrize("signature_version", ["v4", "v1"])
@pytest.mark.parametrize("ours_seconds", [-10 * YEAR, -DAY, -HOUR, -20 * 60, 20 * 60, HOUR, DAY, 30 * DAY])
@pytest.mark.parametrize("size", [100, 3 * PART], ids=["one request", "three parts"])
def test_off_from_the_start(
    far_sandbox: Sandbox,
    near_kernel: Kernel,
    clocks: Clocks,
    tmp_path: Path,
    ours_seconds: float,
    size: int,
    signature_version: str,
) -> None:
    """Whatever time this computer has, the first refusal tells the right one, and one note names the clock."""
    clocks.ours_seconds = ours_seconds
    source = make_file(tmp_path / "file", size)
    transfer = near_kernel.upload(source, signature_version=signature_version)
    transfer.result(LONG_SECONDS)
    assert stored(far_sandbox) == source.read_bytes()
    (note,) = clock_notes(transfer)
    assert ("ahead of" if ours_seconds > 0 else "behind") in note
    assert [request.status for request in far_sandbox.requests].count(403) == 1


def test_ten_minutes_are_nothing(far_sandbox: Sandbox, near_kernel: Kernel, clocks: Clocks, source: Path) -> None:
    """What the service takes needs no word."""
    clocks.ours_seconds = 600.0
    transfer = near_kernel.upload(source)
    transfer.result(LONG_SECONDS)
    assert not clock_notes(transfer)


@pytest.mark.parametrize("where", ["threads", "helper"])
@pytest.mark.parametrize("whose", ["ours_seconds", "theirs_seconds"])
@pytest.mark.parametrize("jump_seconds", [HOUR + 600, -HOUR - 600], ids=["forward", "back"])
def test_a_clock_that_jumps_midway(
    far_sandbox: Sandbox,
    near_kernel: Kernel,
    clocks: Clocks,
    tmp_path: Path,
    jump_seconds: float,
    whose: str,
    where: str,
) -> None:
    """Parts on the wire are signed anew by the right time; none is given up, and the clock is named once."""
    lane = HelperLane() if where == "helper" else near_kernel.lane
    source = make_file(tmp_path / "file", 24 * PART)
    far_sandbox.rate_bytes_per_second = 10 * PART
    transfer = near_kernel.upload(source, lane=lane, retries=0)
    until(lambda: len(sent_parts(far_sandbox)) >= 3, "some parts have arrived")
    setattr(clocks, whose, jump_seconds)
    far_sandbox.rate_bytes_per_second = None
    transfer.result(LONG_SECONDS)
    assert stored(far_sandbox) == source.read_bytes()
    assert len(clock_notes(transfer)) == 1
    lane.close()


@pytest.mark.parametrize("jump_seconds", [HOUR, -HOUR], ids=["forward", "back"])
def test_a_clock_that_jumps_before_complete(
    far_sandbox: Sandbox, near_kernel: Kernel, clocks: Clocks, source: Path, jump_seconds: float
) -> None:
    """Complete is refused once, and asked again with the right time."""
    transfer = alone(near_kernel.spec(source))

    def jump() -> None:
        if transfer.state is State.COMPLETING:
            clocks.ours_seconds = jump_seconds

    coordinator_of(transfer).on_change(jump)
    transfer.resume()
    transfer.result(LONG_SECONDS)
    assert operations(far_sandbox)[-2:] == ["CompleteMultipartUpload"] * 2
    assert stored(far_sandbox) == source.read_bytes()


def test_abort_after_a_jump(far_sandbox: Sandbox, near_kernel: Kernel, clocks: Clocks, source: Path) -> None:
    """An abort leaves no parts behind either."""
    far_sandbox.rate_bytes_per_second = 4 * PART
    transfer = near_kernel.upload(source)
    until(lambda: sent_parts(far_sandbox), "a part has arrived")
    clocks.ours_seconds = HOUR
    transfer.abort()
    assert transfer.wait(LONG_SECONDS)
    assert transfer.state is State.ABORTED
    assert not far_sandbox.uploads(BUCKET)


def test_a_clock_that_is_set_right_midway(
    far_sandbox: Sandbox, near_kernel: Kernel, clocks: Clocks, tmp_path: Path
) -> None:
    """Whoever follows the advice and sets the clock does not stop the upload: the correction goes, with a note."""
    clocks.ours_seconds = HOUR
    source = make_file(tmp_path / "file", 24 * PART)
    far_sandbox.rate_bytes_per_second = 10 * PART
    transfer = near_kernel.upload(source)
    until(lambda: len(sent_parts(far_sandbox)) >= 3, "some parts have arrived")
    clocks.ours_seconds = 0.0
    far_sandbox.rate_bytes_per_second = None
    transfer.result(LONG_SECONDS)
    ahead, right = clock_notes(transfer)
    assert "60 minutes ahead" in ahead
    assert "agrees" in right
    assert stored(far_sandbox) == source.read_bytes()


def test_a_closed_lid_outlives_the_signed_urls(
    far_sandbox: Sandbox, near_kernel: Kernel, clocks: Clocks, source: Path
) -> None:
    """Parts that were signed and could not leave for hours are signed anew, and no clock is blamed."""

    def send_late(request: PartRequest, gauge: Gauge) -> PartReceipt:
        if not sent_parts(far_sandbox, 403):
            clocks.ours_seconds = clocks.theirs_seconds = SIGNED_SECONDS + 1.0
        return send_part(request, gauge)

    transfer = near_kernel.upload(source, parallel=1, send_part=send_late)
    transfer.result(LONG_SECONDS)
    assert len(sent_parts(far_sandbox, 403)) == 1
    assert not clock_notes(transfer)
    assert stored(far_sandbox) == source.read_bytes()


@pytest.mark.parametrize("signature_version", ["v4", "v1"])
@pytest.mark.parametrize("ours_seconds", [-10 * YEAR, -HOUR, HOUR, 30 * DAY])
def test_a_signed_url_lives_for_an_hour_of_the_services(
    far_sandbox: Sandbox, clocks: Clocks, tmp_path: Path, ours_seconds: float, signature_version: str
) -> None:
    """Once the time is known, a URL is taken at once and until its hour is over, and refused a minute later."""
    clocks.ours_seconds = ours_seconds
    settings = EndpointSettings(
        region="cn-hangzhou", endpoint=far_sandbox.endpoint, signature_version=signature_version
    )
    control = SdkControl(settings, credentials_chain(KEY), now=clocks.time)
    target = Target(BUCKET, "data/part.bin")
    upload_id = control.initiate(target, ObjectOptions())
    signed = control.sign_part(target, upload_id, 1, ObjectOptions())
    query = parse_qs(urlsplit(signed.url).query)
    if signature_version == "v4":
        assert SIGNED_SECONDS - 2 <= int(query["x-oss-expires"][0]) <= SIGNED_SECONDS
    else:
        assert abs(int(query["Expires"][0]) - time.time() - SIGNED_SECONDS) < 60
    part = make_file(tmp_path / "part", 1000)
    request = PartRequest(signed, str(part), 0, 1000, 1)
    assert send_part(request).etag
    clocks.theirs_seconds = SIGNED_SECONDS - 60
    assert send_part(request).etag
    clocks.theirs_seconds = SIGNED_SECONDS + 60
    with pytest.raises(ServiceError, match="expired"):
        send_part(request)
    control.close()


@pytest.mark.parametrize("operation", ["HeadObject", "UploadPart"])
def test_a_refusal_that_has_nothing_to_do_with_time(
    far_sandbox: Sandbox, near_kernel: Kernel, source: Path, operation: str
) -> None:
    """Where both clocks agree, a refusal is what it says, is not repeated, and names no clock."""
    denied = Fault(operation, code="AccessDenied", status=403, times=None)
    far_sandbox.faults.add(denied)
    transfer = near_kernel.upload(source, parallel=1)
    assert transfer.wait(LONG_SECONDS)
    assert far_sandbox.faults.hits(denied) == 1
    assert not clock_notes(transfer)


def test_a_service_that_insists(far_sandbox: Sandbox, near_kernel: Kernel, source: Path) -> None:
    """Where the right time is refused as well, the upload fails, in words about the clock."""
    far_sandbox.faults.add(Fault("InitiateMultipartUpload", code="RequestTimeTooSkewed", status=403, times=None))
    with pytest.raises(ServiceError) as error:
        near_kernel.upload(source).result(LONG_SECONDS)
    assert "clock" in error.value.what
    assert all(error.value.four_lines())


class Confused(Service):
    """Each reply tells another time, and each part is refused for its own."""

    def heed_clock(self, error: OssJupyterError, signed: SignedRequest) -> bool:
        return True


def test_a_service_whose_clocks_disagree(kernel: Kernel, source: Path) -> None:
    """A part is not signed anew for ever."""
    service = Confused()
    service.script["part 3"].extend([refusal("RequestTimeTooSkewed", 403)] * 1000)
    transfer = kernel.upload(source, control=service, send_part=service.send_part)
    with pytest.raises(ServiceError):
        transfer.result(LONG_SECONDS)
    assert service.calls_of("part 3") < 20


@pytest.mark.parametrize(
    "reply",
    [
        ServiceReply(403, "AccessDenied", served_at=0.0),  # of a proxy: no request id
        ServiceReply(403, "AccessDenied", request_id="1"),  # no Date
        ServiceReply(503, "ServiceUnavailable", request_id="1", served_at=0.0),
        ServiceReply(404, "NoSuchKey", request_id="1", served_at=0.0),
    ],
)
def test_whose_time_is_not_taken(reply: ServiceReply) -> None:
    """Only a refusal of the service's own that tells its time sets the clock."""
    clock = ServiceClock(lambda: 1_800_000_000.0)
    assert not clock.heed(reply, 0.0)
    assert (clock.offset_seconds, clock.remarks) == (0.0, ())
