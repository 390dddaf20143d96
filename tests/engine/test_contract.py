"""What the engine relies on, of the service in memory and of the real control plane alike: neither may drift."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oss_jupyter.crc64 import crc64
from oss_jupyter.engine.ports import Control
from oss_jupyter.errors import PartStopped, ServiceError
from oss_jupyter.model.gauge import Gauge, LocalGauge
from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import ListedObject, ObjectHead, ObjectPage, PartReceipt, PartRequest, SignedRequest
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.credentials import Credentials
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.oss.send_part import send_part
from oss_jupyter.sandbox import Sandbox

from .fakes import Service
from .kit import BUCKET, KEY, LONG_SECONDS, PART, make_file

TARGET = Target(BUCKET, "data/big file.bin")
NOWHERE = Target("no-such-bucket", "key")
PLAIN = ObjectOptions({"content_type": "text/plain"})
SIZE = 2 * PART + 777
NO_UPLOAD = "0004B9894A22E5B1888A1E29F8236E2D"


class Side:
    """A service, and a file that is sent to it."""

    def __init__(self, control: Control, send: Callable[[PartRequest, Gauge], PartReceipt], file: Path) -> None:
        self.control = control
        self._send = send
        self.file = file
        self.data = file.read_bytes()

    def begin(self) -> str:
        """Begin an upload."""
        return self.control.initiate(TARGET, PLAIN)

    def send(self, signed: SignedRequest, number: int = 1, gauge: Gauge | None = None, size: int = PART) -> PartReceipt:
        """Send what was signed."""
        offset = (number - 1) * PART
        length = min(size, SIZE - offset)
        request = PartRequest(signed, str(self.file), offset, length, number, self.control.route(TARGET))
        return self._send(request, gauge or LocalGauge())

    def send_part(self, upload_id: str, number: int, gauge: Gauge | None = None) -> PartReceipt:
        """Sign a part and send it."""
        return self.send(self.control.sign_part(TARGET, upload_id, number, PLAIN), number, gauge)

    def put(self, md5: str, options: ObjectOptions = PLAIN) -> PartReceipt:
        """Send the whole file as one object of this MD5."""
        return self.send(self.control.sign_put(TARGET, options, md5), size=SIZE)

    def complete(self, upload_id: str, *parts: tuple[int, str], options: ObjectOptions = PLAIN) -> ObjectHead:
        """Complete, and return what the answer says."""
        done = self.control.complete(TARGET, upload_id, parts, options, LONG_SECONDS)
        return ObjectHead(SIZE, done.etag, done.crc64)

    def head(self, target: Target = TARGET) -> ObjectHead | None:
        """Look, and return what the engine compares."""
        found = self.control.head(target)
        return None if found is None else ObjectHead(found.size, found.etag, found.crc64)


@pytest.fixture(params=["in memory", "over HTTP"])
def side(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path) -> Iterator[Side]:
    """The service in memory, then the real control plane against the sandbox."""
    file = make_file(tmp_path / "big.bin", SIZE)
    if request.param == "in memory":
        service = Service()
        yield Side(service, service.send_part, file)
    else:
        settings = EndpointSettings(region=sandbox.region, endpoint=sandbox.endpoint)
        control = SdkControl(settings, lambda: Credentials(*KEY))
        yield Side(control, send_part, file)
        control.close()


def refused(call: Callable[[], object]) -> tuple[str, int]:
    """Return code and status of a refusal: the two that retries are decided by."""
    with pytest.raises(ServiceError) as caught:
        call()
    return caught.value.code, caught.value.reply.status


def part_of(receipt: PartReceipt) -> tuple[int, str]:
    """What Complete takes of a receipt."""
    return receipt.part_number, receipt.etag


def test_an_upload_is_the_file(side: Side) -> None:
    """Parts, their list, the answer to Complete and the object agree in sizes, ETags and checksums."""
    assert side.head() is None
    upload_id = side.begin()
    receipts = [side.send_part(upload_id, number) for number in (3, 1, 2)]
    listed = side.control.list_parts(TARGET, upload_id)
    assert [(part.part_number, part.size) for part in listed] == [(1, PART), (2, PART), (3, 777)]
    assert {(part.part_number, part.etag, part.crc64) for part in listed} == {
        (receipt.part_number, receipt.etag, receipt.crc64) for receipt in receipts
    }
    completed = side.complete(upload_id, *map(part_of, sorted(receipts, key=part_of)))
    assert completed == side.head()
    assert completed.crc64 == crc64(side.data)


def test_the_ids_of_two_uploads_differ(side: Side) -> None:
    """The parts of one are not among those of the other, although both go to the same key."""
    first, second = side.begin(), side.begin()
    assert first != second
    side.send_part(first, 1)
    assert side.control.list_parts(TARGET, second) == []


def test_a_part_that_is_sent_again_replaces_the_first(side: Side) -> None:
    """A part whose reply got lost may be sent once more."""
    upload_id = side.begin()
    again = [side.send_part(upload_id, 1) for _ in range(2)]
    assert again[0].etag == again[1].etag
    assert len(side.control.list_parts(TARGET, upload_id)) == 1


@pytest.mark.parametrize("why", ["never was", "aborted", "completed"])
def test_an_upload_that_is_not_there(side: Side, why: str) -> None:
    """Every request for it says NoSuchUpload, which leads to a new upload id; aborting it counts as done."""
    upload_id = NO_UPLOAD if why == "never was" else side.begin()
    if why == "aborted":
        side.send_part(upload_id, 1)
        assert side.control.abort(TARGET, upload_id) is True
        assert side.head() is None
    elif why == "completed":
        side.complete(upload_id, part_of(side.send_part(upload_id, 1)))
    gone = ("NoSuchUpload", 404)
    assert refused(lambda: side.control.list_parts(TARGET, upload_id)) == gone
    assert refused(lambda: side.send_part(upload_id, 1)) == gone
    assert refused(lambda: side.complete(upload_id, (1, "0" * 32))) == gone
    assert side.control.abort(TARGET, upload_id) is False


@pytest.mark.parametrize("how", ["missing", "another etag"])
def test_parts_that_are_not_what_was_said(side: Side, how: str) -> None:
    """Complete is refused as InvalidPart and leaves the upload as it is, so that the part can be sent again."""
    upload_id = side.begin()
    first = part_of(side.send_part(upload_id, 1))
    wrong = (2, first[1]) if how == "missing" else (1, "0" * 32)
    parts = (first, wrong) if how == "missing" else (wrong,)
    assert refused(lambda: side.complete(upload_id, *parts)) == ("InvalidPart", 400)
    assert len(side.control.list_parts(TARGET, upload_id)) == 1
    assert side.head() is None


def test_parts_that_are_too_small(side: Side) -> None:
    """Only the last one may be: EntityTooSmall leads to a new upload id."""
    upload_id = side.begin()
    small = side.send(side.control.sign_part(TARGET, upload_id, 1, PLAIN), size=10)
    assert refused(lambda: side.complete(upload_id, part_of(small), part_of(side.send_part(upload_id, 2)))) == (
        "EntityTooSmall",
        400,
    )


@pytest.mark.parametrize("ask", ["initiate", "head", "list_parts", "list_objects", "complete", "abort", "part", "put"])
def test_a_bucket_that_is_not_there(side: Side, ask: str) -> None:
    """Every request says NoSuchBucket, also those for which a missing thing is an answer."""
    control = side.control
    calls: dict[str, Callable[[], object]] = {
        "initiate": lambda: control.initiate(NOWHERE, PLAIN),
        "head": lambda: control.head(NOWHERE),
        "list_parts": lambda: control.list_parts(NOWHERE, NO_UPLOAD),
        "list_objects": lambda: control.list_objects(NOWHERE.bucket, ""),
        "complete": lambda: control.complete(NOWHERE, NO_UPLOAD, [(1, "0" * 32)], PLAIN, LONG_SECONDS),
        "abort": lambda: control.abort(NOWHERE, NO_UPLOAD),
        "part": lambda: side.send(control.sign_part(NOWHERE, NO_UPLOAD, 1, PLAIN)),
        "put": lambda: side.send(control.sign_put(NOWHERE, PLAIN, hashlib.md5(side.data).hexdigest()), size=SIZE),
    }
    assert refused(calls[ask]) == ("NoSuchBucket", 404)


def test_one_request_for_the_whole_object(side: Side) -> None:
    """It is stored where it has the MD5 that was declared, and else nothing of it is."""
    assert refused(lambda: side.put("0" * 32)) == ("InvalidDigest", 400)
    assert side.head() is None
    receipt = side.put(hashlib.md5(side.data).hexdigest())
    assert side.head() == ObjectHead(SIZE, receipt.etag, crc64(side.data))
    assert receipt.crc64 == crc64(side.data)


def test_objects_are_listed_by_the_page(side: Side) -> None:
    """A page has what begins with the prefix and comes behind a key, with the ETag that is the MD5 of one request."""
    receipt = side.put(hashlib.md5(side.data).hexdigest())
    listed = ListedObject(TARGET.key, SIZE, receipt.etag)
    folder, _, name = TARGET.key.rpartition("/")
    for prefix in ("", folder + "/", TARGET.key):
        assert side.control.list_objects(BUCKET, prefix) == ObjectPage((listed,), complete=True)
    assert listed.md5 == hashlib.md5(side.data).hexdigest().upper()
    assert side.control.list_objects(BUCKET, f"{folder}/", f"{folder}/{name[:-1]}").objects == (listed,)
    for prefix, start_after in (("other/", ""), (folder, TARGET.key), (TARGET.key + "/", "")):
        assert side.control.list_objects(BUCKET, prefix, start_after) == ObjectPage((), complete=True)


def test_small_files_go_with_the_keys_and_the_options_of_all_others(side: Side) -> None:
    """Whoever sends them by itself gets the credentials found last, by the same word, and what each file carries."""
    word = side.control.credentials_version()
    keys = side.control.signing_keys()
    assert (keys.access_key_id, keys.access_key_secret, keys.version) == (*KEY, word)
    assert keys.access_key_id not in repr(keys)
    assert keys.access_key_secret not in repr(keys)
    for forbids, carried in ((True, "true"), (None, None)):
        options = ObjectOptions({**PLAIN.values, "forbid_overwrite": forbids})
        route = side.control.files_route(TARGET, options)
        assert (route.bucket, route.route) == (BUCKET, side.control.route(TARGET))
        assert dict(route.headers).get("x-oss-forbid-overwrite") == carried
        assert not {"content-type", "content-md5"} & {name.lower() for name, _ in route.headers}


def test_an_object_that_may_not_be_overwritten(side: Side) -> None:
    """Somebody else's object stays, by whichever request ours would have come."""
    options = ObjectOptions({**PLAIN.values, "forbid_overwrite": True})
    upload_id = side.control.initiate(TARGET, options)
    part = part_of(side.send_part(upload_id, 1))
    md5 = hashlib.md5(side.data).hexdigest()
    theirs = side.put(md5)
    assert refused(lambda: side.complete(upload_id, part, options=options)) == ("FileAlreadyExists", 409)
    assert refused(lambda: side.put(md5, options)) == ("FileAlreadyExists", 409)
    found = side.head()
    assert found is not None
    assert found.etag == theirs.etag


def test_a_part_that_is_stopped_sends_nothing(side: Side) -> None:
    """A pause that comes before the first byte is obeyed without one."""
    upload_id = side.begin()
    gauge = LocalGauge()
    gauge.stop()
    with pytest.raises(PartStopped):
        side.send_part(upload_id, 1, gauge)
    assert gauge.sent_bytes == 0
    assert side.control.list_parts(TARGET, upload_id) == []


def test_the_dials_show_every_byte(side: Side) -> None:
    """Whoever displays the part sees at its end what it has."""
    gauge = LocalGauge()
    side.send_part(side.begin(), 3, gauge)
    assert gauge.sent_bytes == 777


def test_what_is_signed_carries_the_word_of_its_credentials(side: Side) -> None:
    """A refusal is laid to the credentials that were used, not to those of now."""
    word = side.control.credentials_version()
    assert word
    assert side.control.sign_part(TARGET, NO_UPLOAD, 1, PLAIN).credentials_version == word
    assert side.control.sign_put(TARGET, PLAIN, "0" * 32).credentials_version == word
