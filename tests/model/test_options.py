"""Options of the object: every form in which people give them, and what is refused before anything is sent."""

from __future__ import annotations

import base64
import importlib
import json
import mimetypes
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from oss_jupyter.errors import InputError
from oss_jupyter.model.content_type import guess_content_type
from oss_jupyter.model.given import whole, yes_or_no
from oss_jupyter.model.options import OPTION_NAMES, make_options
from oss_jupyter.model.sizes import parse_size

np: Any = importlib.import_module("numpy")  # it comes with pandas
CALLBACK = {"callbackUrl": "https://example.com/done", "callbackBody": "object=${object}&name=报告"}


def read(**given: Any) -> dict[str, Any]:
    """Return the options as requests and checkpoints carry them, without the guessed type; twice read is the same."""
    options = make_options(given)
    assert make_options(options.as_dict()) == options
    json.dumps(options.as_dict())
    saved = options.as_dict()
    if "content_type" not in given:
        del saved["content_type"]
    return saved


def refused(**given: Any) -> InputError:
    """Return why the options are refused, in four lines of one line each."""
    with pytest.raises(InputError) as caught:
        make_options(given)
    assert not any("\n" in line for line in caught.value.four_lines())
    assert caught.value.what
    assert caught.value.advice
    return caught.value


@pytest.mark.parametrize(
    ("given", "header"),
    [
        ("k=v&k2=v2", "k=v&k2=v2"),
        ({"k": "v", "year": 2024}, "k=v&year=2024"),
        ({"project": "New York"}, "project=New%20York"),
        ({"städte": "Köln & Düren"}, "st%C3%A4dte=K%C3%B6ln%20%26%20D%C3%BCren"),
        ({"a+b": "c=d"}, "a%2Bb=c%3Dd"),
        ({"项目": "出租车"}, "%E9%A1%B9%E7%9B%AE=%E5%87%BA%E7%A7%9F%E8%BD%A6"),
        ({"n": np.int64(3), "x": np.float64(0.5)}, "n=3&x=0.5"),
        ("project=New York&name=Müller", "project=New%20York&name=M%C3%BCller"),
        ("project=New%20York", "project=New%20York"),
        ("project=New+York", "project=New%20York"),
        ("flag", "flag="),
        ({"a:b": "c/d_e.f-g@h"}, "a%3Ab=c%2Fd_e.f-g%40h"),
    ],
)
def test_tags_in_every_form(given: Any, header: str) -> None:
    """A mapping, or a text that is encoded or not: the header has them as query text."""
    assert read(tagging=given) == {"tagging": header}


@pytest.mark.parametrize(
    "given",
    [
        {},
        "",
        ["a", "b"],
        5,
        {"": "v"},
        {"a": None},
        {"a": ["b"]},
        "a=1&a=2",
        {f"k{n}": "v" for n in range(11)},
        {"k" * 129: "v"},
        {"k": "v" * 257},
        {"k": "line\nbreak"},
        {"k": "half \ud800"},
        "k=%FF",
    ],
    ids=repr,
)
def test_tags_that_cannot_be(given: Any) -> None:
    """Ten of them, keys up to 128 and values up to 256 characters, each key once."""
    assert "tagging=" in refused(tagging=given).advice


def _base64(document: Any) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


def test_a_callback_in_every_form() -> None:
    """A mapping, its JSON, or the base64 of that, which is kept to the letter."""
    for given in (CALLBACK, json.dumps(CALLBACK)):
        header = read(callback=given)["callback"]
        assert json.loads(base64.b64decode(header)) == CALLBACK
    assert read(callback=_base64(CALLBACK)) == {"callback": _base64(CALLBACK)}
    variables = read(callback_var={"x:project": "taxi", "x:year": 2024})["callback_var"]
    assert json.loads(base64.b64decode(variables)) == {"x:project": "taxi", "x:year": "2024"}


@pytest.mark.parametrize(
    "given",
    [
        "not base64",
        "https://example.com/done",
        "eyJ",
        base64.b64encode(b"no json").decode(),
        _base64(["a"]),
        "{'callbackUrl': 'x'}",
        {"callbackBody": "x"},
        {"callbackUrl": "https://example.com"},
        {"callbackUrl": "", "callbackBody": "x"},
        {**CALLBACK, "callbackHost": object()},
        {**CALLBACK, "callbackBody": "x" * 5 * 1024},
        5,
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_callback_that_cannot_work(given: Any) -> None:
    """No base64, no JSON, no address or body, too long: known before the object is stored without it."""
    assert "callback=" in refused(callback=given).advice


@pytest.mark.parametrize("given", [{"project": "x"}, {"x:Project": "x"}, {"x:a": None}, "eA==", ["x:a"]], ids=repr)
def test_variables_of_a_callback_that_cannot_work(given: Any) -> None:
    """Their names begin with x: and are small, their values are texts."""
    assert "callback_var=" in refused(callback_var=given).advice


@pytest.mark.parametrize(
    ("given", "header"),
    [
        ("inline", "inline"),
        ('attachment; filename="trips 2024.csv"', 'attachment; filename="trips 2024.csv"'),
        ('attachment; filename="报告.csv"',
         "attachment; filename=\"__.csv\"; filename*=UTF-8''%E6%8A%A5%E5%91%8A.csv"),
        ("attachment; filename=Übersicht.csv",
         "attachment; filename=\"_bersicht.csv\"; filename*=UTF-8''%C3%9Cbersicht.csv"),
        (r'attachment; filename="a \"b\" é.csv"',
         "attachment; filename=\"a _b_ _.csv\"; filename*=UTF-8''a%20%22b%22%20%C3%A9.csv"),
        ("attachment; filename=\"é.csv\"; filename*=UTF-8''e.csv",
         "attachment; filename=\"_.csv\"; filename*=UTF-8''e.csv"),
        ("attachment; filename*=UTF-8''%E6%8A%A5.csv", "attachment; filename*=UTF-8''%E6%8A%A5.csv"),
    ],
)  # fmt: skip
def test_a_file_name_of_any_script(given: str, header: str) -> None:
    """It is written as RFC 6266 has it; what is ASCII stays as it is."""
    assert read(content_disposition=given) == {"content_disposition": header}


@pytest.mark.parametrize("given", ["附件", '附件; filename="a.csv"', 'attachment; filename="\ud800.csv"', b"inline", 5])
def test_a_disposition_that_cannot_be_a_header(given: Any) -> None:
    """Only the file name may be of another script."""
    assert "content_disposition" in str(refused(content_disposition=given))


@pytest.mark.parametrize("name", ["cache_control", "content_type", "content_encoding", "server_side_encryption_key_id"])
@pytest.mark.parametrize("value", ["größe", "报告", "a\nb", "a\x00b", "a\x7fb", "\ud800", b"x", 5, ["x"]])
def test_headers_are_one_line_of_ascii(name: str, value: Any) -> None:
    """Whatever the header: what it cannot carry is refused by the option's name."""
    more = {"server_side_encryption": "KMS"} if name.endswith("key_id") else {}
    assert name in refused(**{name: value, **more}).what


def test_blanks_around_a_header_go() -> None:
    """A header with a blank in front would be refused by the HTTP library."""
    assert read(cache_control="  no-cache ") == {"cache_control": "no-cache"}


_ZONE = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    "given",
    [
        "Fri, 01 Jan 2027 00:00:00 GMT",
        "Fri, 01 Jan 2027 08:00:00 +0800",
        "2027-01-01T00:00:00Z",
        "2027-01-01T08:00:00+08:00",
        "2027-01-01T00:00:00.000Z",
        datetime(2027, 1, 1, tzinfo=timezone.utc),
        datetime(2027, 1, 1, 8, tzinfo=_ZONE),
        datetime(2027, 1, 1, tzinfo=timezone.utc).astimezone().replace(tzinfo=None),
    ],
    ids=repr,
)
def test_dates_in_every_form(given: Any) -> None:
    """HTTP's form, ISO 8601 and datetimes; without a zone they are local."""
    assert read(expires=given) == {"expires": "Fri, 01 Jan 2027 00:00:00 GMT"}
    assert read(object_worm_retain_until_date=given) == {"object_worm_retain_until_date": "2027-01-01T00:00:00.000Z"}


def test_days_and_numpy_dates() -> None:
    """A day begins at midnight here; numpy's dates are as good as Python's."""
    midnight = datetime(2027, 1, 1).astimezone()
    assert read(expires=date(2027, 1, 1)) == read(expires=midnight) == read(expires="2027-01-01")
    assert read(expires=np.datetime64("2027-01-01T00:00:00")) == read(expires=midnight)


@pytest.mark.parametrize(
    "given", ["tomorrow", "0", 3600, "", "2027-13-01", "Fri", True, np.datetime64("NaT", "s"), [2027]]
)
def test_what_is_no_date(given: Any) -> None:
    """The form is shown."""
    assert "GMT" in refused(expires=given).advice


@pytest.mark.parametrize(
    ("given", "saved"),
    [
        ({"a": "x", "B": 5}, {"a": "x", "b": "5"}),
        ({"year": np.int32(2024), "share": 0.5, "ok": True}, {"year": "2024", "share": "0.5", "ok": "True"}),
    ],
)
def test_metadata_of_numbers(given: Any, saved: Any) -> None:
    """Numbers are written as texts, numpy's too."""
    assert read(metadata=given) == {"metadata": saved}


@pytest.mark.parametrize(
    "given",
    [
        "a=b",
        {"a": None},
        {"a": b"x"},
        {"a": ["x"]},
        {"a": {"b": "c"}},
        {"a": "ü"},
        {"a_b": "c"},
        {"": "c"},
        {"A": "1", "a": "2"},
        {"a": "x\ty\n"},
    ],
    ids=repr,
)
def test_metadata_that_cannot_be(given: Any) -> None:
    """Values are texts or numbers in ASCII; names count once, whatever their capitals."""
    assert "metadata" in refused(metadata=given).what


def test_sse_is_short_for_server_side_encryption() -> None:
    """In Python as in the magics; two different values for one option are refused."""
    assert read(sse="KMS", server_side_encryption_key_id="id") == {
        "server_side_encryption": "KMS",
        "server_side_encryption_key_id": "id",
    }
    assert read(sse="AES256", server_side_encryption="AES256") == {"server_side_encryption": "AES256"}
    assert "sse" in refused(sse="AES256", server_side_encryption="KMS").what
    assert "server_side_encryption" not in read(sse=None)


@pytest.mark.parametrize("name", ["server_side_encryption_key_id", "server_side_data_encryption"])
def test_what_counts_with_kms_only(name: str) -> None:
    """The service refuses it with anything else."""
    assert "KMS" in refused(**{name: "SM4"}).what
    assert "KMS" in refused(**{name: "SM4", "sse": "AES256"}).what
    assert read(**{name: "SM4", "sse": "KMS"})[name] == "SM4"


@pytest.mark.parametrize("given", ["yes", "false", 1, 0, None, "", np.int64(1), [True]], ids=repr)
def test_yes_or_no(given: Any) -> None:
    """A text that Python takes for true is refused; numpy's True is True."""
    with pytest.raises(InputError, match="force"):
        yes_or_no(given, "force")
    assert yes_or_no(np.bool_(True), "force") is True
    assert read(forbid_overwrite=np.bool_(False)) == {"forbid_overwrite": False}


@pytest.mark.parametrize(
    ("given", "number"), [(3, 3), ("3", 3), (3.0, 3), (np.int64(3), 3), (np.float32(3), 3), (np.uint8(3), 3)], ids=repr
)
def test_whole_numbers(given: Any, number: int) -> None:
    """NumPy's numbers are Python's own from then on, so that a checkpoint can hold them."""
    assert whole(given, "parallel") == number
    assert type(whole(given, "parallel")) is int
    assert type(read(traffic_limit=np.int64(819_200))["traffic_limit"]) is int
    assert parse_size(np.int64(1024)) == 1024


@pytest.mark.parametrize("given", [2.5, True, "2.5", "many", None, [3], np.float64(2.5), float("inf"), "٣x", 0, -1])
def test_what_is_no_whole_number(given: Any) -> None:
    """2.5 connections are not rounded to something that nobody asked for."""
    with pytest.raises(InputError, match="parallel"):
        whole(given, "parallel")


@pytest.mark.parametrize(
    ("name", "packed", "inside"),
    [
        ("trips.csv.gz", "application/gzip", "text/csv"),
        ("logs.json.gz", "application/gzip", "application/json"),
        ("page.html.gz", "application/gzip", "text/html"),
        ("pack.tar.gz", "application/gzip", "application/x-tar"),
        ("pack.tgz", "application/gzip", "application/x-tar"),
        ("PACK.TAR.GZ", "application/gzip", "application/x-tar"),
        ("a.csv.bz2", "application/x-bzip2", "text/csv"),
        ("a.tar.bz2", "application/x-bzip2", "application/x-tar"),
        ("a.csv.xz", "application/x-xz", "text/csv"),
        ("a.txz", "application/x-xz", "application/x-tar"),
        ("a.csv.zst", "application/zstd", "text/csv"),
        ("a.tar.zst", "application/zstd", "application/x-tar"),
        ("a.js.br", "application/x-brotli", "text/javascript"),
        ("a.tar.Z", "application/x-compress", "application/x-tar"),
        ("a.csv.lz4", "application/x-lz4", "text/csv"),
        ("a.jsonl.gz", "application/gzip", "application/jsonl"),
        ("drawing.svgz", "application/gzip", "image/svg+xml"),
    ],
)
def test_a_packed_file_is_what_packed_it(name: str, packed: str, inside: str) -> None:
    """Unless a Content-Encoding says how it is packed: then the type is that of what is inside."""
    assert guess_content_type(name) == packed
    assert make_options({}, name).get("content_type") == packed
    shown = make_options({"content_encoding": "gzip"}, name).get("content_type")
    assert shown == inside or (inside == "text/javascript" and shown == "application/javascript")


@pytest.mark.parametrize("name", ["gz", ".gz", "a", "csv", "noext.", "a.unknown-thing"])
def test_names_that_tell_no_type(name: str) -> None:
    """They are bytes."""
    assert guess_content_type(name) == "application/octet-stream"


def test_a_type_that_was_added_counts() -> None:
    """Whoever teaches Python a suffix has it guessed, in any case of its letters."""
    mimetypes.add_type("application/x-mine", ".mine-here")
    try:
        assert guess_content_type("a/b.mine-here") == guess_content_type("b.MINE-here") == "application/x-mine"
    finally:
        del mimetypes.types_map[".mine-here"]


def test_every_option_is_refused_by_name_for_a_value_of_no_kind() -> None:
    """An object of no known kind never becomes a header by its repr."""
    for name in OPTION_NAMES:
        assert name.partition("_")[0] in refused(**{name: object()}).what
