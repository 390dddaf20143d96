"""Sizes, targets, options and ids: how what a user writes is read."""

from __future__ import annotations

import pytest

from oss_jupyter.errors import InputError
from oss_jupyter.model.identity import transfer_id
from oss_jupyter.model.options import OPTION_NAMES, ObjectOptions, make_options
from oss_jupyter.model.sizes import (
    GIB,
    KIB,
    MIB,
    format_duration,
    format_progress,
    format_size,
    format_speed,
    parse_size,
    parse_speed,
)
from oss_jupyter.model.target import Target, make_target, parse_target


@pytest.mark.parametrize(
    ("text", "size"),
    [
        (8388608, 8 * MIB),
        ("8388608", 8 * MIB),
        ("8MiB", 8 * MIB),
        ("8 MiB", 8 * MIB),
        (" 512kib ", 512 * KIB),
        ("1GiB", GIB),
        ("1.5GiB", GIB * 3 // 2),
        ("8m", 8 * MIB),
        ("1MB", 1_000_000),
        ("1 mb", 1_000_000),
        ("100kB", 100_000),
        ("100KB", 100_000),
        ("1.5GB", 1_500_000_000),
        ("2TB", 2_000_000_000_000),
        ("20MB/s", 20_000_000),
        ("1T", 1024 * GIB),
        (8e6, 8_000_000),
        (8388608.0, 8 * MIB),
        ("2TiB", 2048 * GIB),
        ("100B", 100),
    ],
)
def test_sizes_are_read(text: int | str, size: int) -> None:
    """Bytes, or a number and a unit, in any case."""
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MiB", "8 bananas", "-1", -1, 0, "0MiB", "1e6", True, "8MiB 1", "0.0001B", "١٢x"])
def test_what_is_no_size(text: int | str) -> None:
    """Anything else is refused, and the message names the argument."""
    with pytest.raises(InputError, match="part_size"):
        parse_size(text, "part_size")


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (17, "17 B"),
        (999, "999 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (100 * KIB, "100 KiB"),
        (8 * MIB, "8 MiB"),
        (8 * MIB + MIB // 2, "8.5 MiB"),
        (999.9 * KIB, "1000 KiB"),
        (1000 * KIB, "1.0 MiB"),
        (52 * GIB, "52 GiB"),
        (5000 * GIB, "4.9 TiB"),
    ],
)
def test_sizes_are_written(size: float, text: str) -> None:
    """Three digits and a binary unit."""
    assert format_size(size) == text


def test_speeds_are_read_as_such() -> None:
    """A speed has its own words, and a number without its unit is no limit that an upload could end with."""
    assert parse_speed("20MiB/s", "limit") == parse_speed(20 * 2**20, "limit")
    with pytest.raises(InputError) as refused:
        parse_speed("fast", "limit")
    assert (refused.value.what, refused.value.advice) == (
        "limit: 'fast' is not a speed.", "Write it like limit=20MiB/s."
    )  # fmt: skip
    for slow in ("20", 1, "1023 B/s"):
        with pytest.raises(InputError, match="less than 1 KiB a second"):
            parse_speed(slow, "limit")


def test_written_sizes_can_be_read_again() -> None:
    """What is shown may be typed."""
    for size in (1, 1023, KIB, 300 * KIB, MIB, 8 * MIB, 3 * GIB):
        assert parse_size(format_size(size)) == size


def test_progress_speed_and_time() -> None:
    """Both numbers of a progress have one unit; durations are short."""
    assert format_progress(19 * GIB, 52 * GIB) == "19 of 52 GiB"
    assert format_progress(512 * MIB, 2 * GIB) == "0.5 of 2 GiB"
    assert format_speed(84 * MIB) == "84 MiB/s"
    assert [format_duration(s) for s in (-1, 0, 45, 59.6, 400, 3600, 7500)] == [
        "0 s", "0 s", "45 s", "1 min 00 s", "6 min 40 s", "1 h 00 min", "2 h 05 min",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("oss://my-bucket/a/b.txt", Target("my-bucket", "a/b.txt")),
        ("OSS://my-bucket/a", Target("my-bucket", "a")),
        ("oss://my-bucket/dir/", Target("my-bucket", "dir/file.bin")),
        ("oss://my-bucket", Target("my-bucket", "file.bin")),
        ("oss://my-bucket/", Target("my-bucket", "file.bin")),
        ("oss://my-bucket/a//b/../c d?e=f#g%20", Target("my-bucket", "a//b/../c d?e=f#g%20")),
        ("oss://abc/数据.csv", Target("abc", "数据.csv")),
        ("oss://abc/" + "é" * 511 + "x", Target("abc", "é" * 511 + "x")),
    ],
)
def test_targets_are_read(text: str, target: Target) -> None:
    """Everything behind the bucket is the key, as it is; a folder gets the file's name."""
    assert parse_target(text, "file.bin") == target


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "InvalidTarget"),
        ("my-bucket/a", "InvalidTarget"),
        ("s3://my-bucket/a", "InvalidTarget"),
        ("https://my-bucket.oss-cn-hangzhou.aliyuncs.com/a", "InvalidTarget"),
        ("oss:///a", "InvalidBucketName"),
        ("oss://ab/a", "InvalidBucketName"),
        ("oss://" + "a" * 64 + "/a", "InvalidBucketName"),
        ("oss://My-Bucket/a", "InvalidBucketName"),
        ("oss://my_bucket/a", "InvalidBucketName"),
        ("oss://-bucket/a", "InvalidBucketName"),
        ("oss://bucket-/a", "InvalidBucketName"),
        ("oss://bucket\n/a", "InvalidBucketName"),
        ("oss://abc/" + "é" * 512, "InvalidObjectName"),
        ("oss://abc//a", "InvalidObjectName"),
        ("oss://abc/\\a", "InvalidObjectName"),
        ("oss://abc/\udcff", "InvalidObjectName"),
    ],
)
def test_what_is_no_target(text: str, code: str) -> None:
    """The rule that was broken is named; bytes are counted, not characters."""
    with pytest.raises(InputError) as refused:
        parse_target(text, "file.bin")
    assert refused.value.code == code
    assert refused.value.advice


def test_a_key_is_needed() -> None:
    """A bucket alone names no object."""
    with pytest.raises(InputError, match="names no object"):
        make_target("abc", "")


def test_options_are_checked_and_saved() -> None:
    """What is set is kept for the checkpoint; a saved set gives the same options again."""
    options = make_options(
        {"metadata": {"Project": "taxi"}, "acl": "private", "traffic_limit": 819_200, "expires": None}, "trips.parquet"
    )
    assert options.as_dict() == {
        "content_type": "application/vnd.apache.parquet",
        "metadata": {"project": "taxi"},
        "acl": "private",
        "traffic_limit": 819_200,
    }
    assert make_options(options.as_dict()) == options
    assert set(OPTION_NAMES) >= set(options.as_dict())


@pytest.mark.parametrize(
    ("names", "content_type"),
    [
        (("a.csv",), "text/csv"),
        (("a", "b.JSON"), "application/json"),
        (("a.ipynb",), "application/x-ipynb+json"),
        (("a", "b"), "application/octet-stream"),
        ((), "application/octet-stream"),
    ],
)
def test_the_content_type_is_guessed(names: tuple[str, ...], content_type: str) -> None:
    """From the key first, then from the file; what is given wins."""
    assert make_options({}, *names).get("content_type") == content_type
    assert make_options({"content_type": "x/y"}, *names).get("content_type") == "x/y"


@pytest.mark.parametrize(
    "given",
    [
        {"storage": "IA"},
        {"storage_class": "ia"},
        {"acl": "public"},
        {"server_side_encryption": "ROT13"},
        {"metadata": ["a"]},
        {"metadata": {"a_b": "c"}},
        {"metadata": {"a": "ü"}},
        {"metadata": {"a": "b\r\nx-oss-object-acl: public-read"}},
        {"metadata": {"a": "b" * 8192}},
        {"cache_control": "no-cache\nX: y"},
        {"traffic_limit": 819_199},
        {"traffic_limit": 838_860_801},
        {"traffic_limit": "fast"},
    ],
    ids=str,
)
def test_wrong_options_are_refused(given: dict[str, object]) -> None:
    """Before anything is sent, and without a way to smuggle in a header."""
    with pytest.raises(InputError) as refused:
        make_options(given)
    assert refused.value.advice


def test_default_options_are_empty() -> None:
    """An object without options saves none."""
    assert ObjectOptions().as_dict() == {}


def test_transfer_ids() -> None:
    """The same words give the same id in every kernel; any other word gives another one."""
    target = Target("bucket", "key")
    ids = {
        transfer_id("/a", target, "host"),
        transfer_id("/b", target, "host"),
        transfer_id("/a", Target("bucket", "other"), "host"),
        transfer_id("/a", Target("other", "key"), "host"),
        transfer_id("/a", target, "other"),
        transfer_id("/a\udcff", target, "host"),
    }
    assert len(ids) == 6
    assert transfer_id("/a", target, "host") in ids
    assert all(len(word) == 8 and word.isalnum() and word.islower() for word in ids)
