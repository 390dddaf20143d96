"""The files of a dataset as a scan meets them: order, names, troubles, links, and what several pieces make."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oss_jupyter.errors import InputError, PartStopped, SourceMissing
from oss_jupyter.local.scan import refuse_collisions, scan
from oss_jupyter.model.dataset import DatasetSource, FoundFile, Piece, Selection, Trouble
from oss_jupyter.model.passed_over import Passed, PassedOver

EVERYTHING = Selection(hidden=True)


def never() -> bool:
    return False


def source(*folders: Path | Piece) -> DatasetSource:
    return DatasetSource(tuple(one if isinstance(one, Piece) else Piece(str(one)) for one in folders), "a test")


def found(*folders: Path | Piece, selection: Selection = EVERYTHING, prefix: str = "") -> list[FoundFile]:
    return list(scan(source(*folders), selection, never, prefix))


def keys(*folders: Path | Piece, selection: Selection = EVERYTHING) -> list[str]:
    return [file.key for file in found(*folders, selection=selection)]


def troubles(*folders: Path | Piece, selection: Selection = EVERYTHING, prefix: str = "") -> dict[str, Trouble]:
    rows = found(*folders, selection=selection, prefix=prefix)
    assert len({row.key for row in rows}) == len(rows)
    assert all((row.size, row.mtime_ns) == (0, 0) for row in rows if row.trouble is not Trouble.NONE)
    return {row.key: row.trouble for row in rows if row.trouble is not Trouble.NONE}


def write(root: Path, *names: str) -> None:
    """Make files; each has its name as its content."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8", errors="surrogateescape")


def test_a_row_tells_what_a_file_is(tmp_path: Path) -> None:
    """Path, key, size and mtime are those of the file."""
    write(tmp_path, "a/b.csv")
    os.utime(tmp_path / "a" / "b.csv", ns=(0, 1_234_567_890_123_456_789))
    assert found(tmp_path) == [FoundFile(str(tmp_path / "a/b.csv"), "a/b.csv", 7, 1_234_567_890_123_456_789)]


NAMES = [
    "with space", "plus+", "per%cent", "hash#", "quote'", 'double"', "emoji 🎈", "e\u0301 combining", "\u00e9",
    "line\nbreak",
    "tab\t", "back\\slash", "-", "~", "%20", "<>&", "[x]", "*", "ü", "Z", "a", "a b", "\x7f", "trailing ",
    "trailing.", "x" * 255, "\U00010000 above", "\uffff below", "con", "?", ":", "|",
]  # fmt: skip


def test_every_name_a_file_can_have(tmp_path: Path) -> None:
    """Blanks, quotes, line breaks, emoji, combining characters, 255 bytes: each is a key as it is."""
    write(tmp_path, *NAMES, *(f"folder of {name[:100]}/{name}" for name in NAMES))
    assert keys(tmp_path) == sorted([*NAMES, *(f"folder of {name[:100]}/{name}" for name in NAMES)])
    assert troubles(tmp_path) == {}
    for file in found(tmp_path):
        assert Path(file.path).read_text(encoding="utf-8") == file.key
    assert keys(tmp_path) == sorted(keys(tmp_path), key=lambda key: key.encode("utf-8"))


def test_a_folder_stands_where_its_name_with_a_slash_would(tmp_path: Path) -> None:
    """What sorts before a slash comes before all that is in the folder, what sorts behind it comes after."""
    write(tmp_path, "a!", "a-b", "a.csv", "a/x", "a/b/x", "a/b-c", "a0", "ab/x")
    assert keys(tmp_path) == ["a!", "a-b", "a.csv", "a/b-c", "a/b/x", "a/x", "a0", "ab/x"]


def test_folders_fifty_deep(tmp_path: Path) -> None:
    """Neither a path nor a key of that depth is too much, nor the walk's memory."""
    deep = "/".join(["d" * 10] * 50)
    write(tmp_path, f"{deep}/x", f"{deep}-y", "z")
    assert keys(tmp_path) == sorted([f"{deep}/x", f"{deep}-y", "z"])


def test_folders_deeper_than_python_would_call(tmp_path: Path) -> None:
    """No limit of Python's is met before one of the service's: keys too long are named, and the rest goes up."""
    here, depth = tmp_path, 1500
    for _ in range(depth):
        here = here / "d"
        here.mkdir()
    (here / "x").touch()
    (tmp_path / "y").touch()
    rows = found(tmp_path)
    assert [row.trouble for row in rows] == [Trouble.KEY_NOT_ALLOWED, Trouble.NONE]
    assert f"{2 * depth + 1:,} bytes" in rows[0].detail
    (here / "x").unlink()
    while here != tmp_path:  # what removes a tree does call itself
        here.rmdir()
        here = here.parent


SEGMENT = st.text(st.sampled_from("ab!-./0\u00e9\uffff\U00010000"), min_size=1, max_size=3).filter(
    lambda text: "/" not in text and text not in (".", "..")
)
TREES = st.recursive(
    st.none(), lambda children: st.dictionaries(SEGMENT, children, min_size=1, max_size=5), max_leaves=25
)


def plant(root: Path, tree: dict[str, object] | None) -> list[str]:
    """Make a tree of files, and return the keys they should have."""
    if tree is None:
        root.touch()
        return [""]
    root.mkdir()
    return [
        f"{name}/{key}" if key else name
        for name, child in tree.items()
        for key in plant(root / name, child)  # type: ignore[arg-type]
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(TREES.filter(lambda tree: tree is not None), min_size=1, max_size=4), st.lists(SEGMENT, max_size=4))
def test_keys_ascend_over_all_pieces(trees: list[dict[str, object]], prefixes: list[str]) -> None:
    """Whatever the folders hold and wherever they go, the stream is sorted as the service would list it."""
    with tempfile.TemporaryDirectory() as name:
        pieces, expected = [], []
        for number, tree in enumerate(trees):
            prefix = f"{prefixes[number]}/" if number < len(prefixes) else ""
            root = Path(name, str(number))
            expected += [prefix + key for key in plant(root, tree)]
            pieces.append(Piece(str(root), prefix))
        single = Path(name, "single")
        single.touch()
        pieces += [Piece(str(single), key, is_file=True) for key in ("a/b", "!", "b")]
        got = keys(*pieces)
        assert got == sorted([*expected, "a/b", "!", "b"])
        assert got == sorted(got, key=lambda key: key.encode("utf-8"))


def test_what_is_no_regular_file_is_said(tmp_path: Path) -> None:
    """A pipe is not opened, a socket and a device are not guessed at; each is a row with its kind."""
    write(tmp_path, "a", "z")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/null")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        rows = found(tmp_path)
    assert [(row.key, str(row.trouble), row.detail) for row in rows] == [
        ("a", "", ""),
        ("device", "not_a_file", "a device"),
        ("pipe", "not_a_file", "a pipe"),
        ("socket", "not_a_file", "a socket"),
        ("z", "", ""),
    ]


def test_names_that_are_no_utf8_are_said(tmp_path: Path) -> None:
    """Files whose keys could not be written; the others go up, and the order holds."""
    write(
        tmp_path, "a", "z", "\uffff", os.fsdecode(b"\xff.csv"), os.fsdecode(b"\xc4\xe3/x"), os.fsdecode(b"ok\xff/y/z")
    )
    rows = troubles(tmp_path)
    assert rows == dict.fromkeys(
        (os.fsdecode(b"ok\xff/y/z"), os.fsdecode(b"\xc4\xe3/x"), os.fsdecode(b"\xff.csv")), Trouble.NAME_NOT_UTF8
    )
    assert keys(tmp_path) == sorted(keys(tmp_path))
    assert len(keys(tmp_path)) == 6


def test_keys_that_the_service_refuses_are_said(tmp_path: Path) -> None:
    """Too many bytes of UTF-8, the target's counted; a backslash first, where nothing is before it; a signed query."""
    write(tmp_path, "\\first", "a?x-oss-signature=1", "d/\\not first", "ü" * 127, "x" * 255)
    signed = "a?x-oss-signature=1"
    assert troubles(tmp_path) == {"\\first": Trouble.KEY_NOT_ALLOWED, signed: Trouble.KEY_NOT_ALLOWED}
    assert troubles(tmp_path, prefix="raw/") == {signed: Trouble.KEY_NOT_ALLOWED}
    long = "p" * 1023
    assert troubles(tmp_path, prefix=long[:767] + "/") == {signed: Trouble.KEY_NOT_ALLOWED}
    too_long = troubles(tmp_path, prefix=long[:768] + "/")
    assert too_long == {signed: Trouble.KEY_NOT_ALLOWED, "x" * 255: Trouble.KEY_NOT_ALLOWED}
    (row,) = (row for row in found(tmp_path, prefix=long[:768] + "/") if row.key == "x" * 255)
    assert "1,024 bytes" in row.detail
    assert "ü" * 127 in troubles(tmp_path, prefix="ü" * 384 + "/é")


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="most file systems have no files of that size")
def test_a_file_larger_than_any_object_is_said() -> None:
    """48.8 TiB is the most; a file with a hole in memory can say that it has more."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        with Path(name, "huge").open("wb") as file:
            file.truncate(10_000 * 5 * 1024**3 + 1)
        (row,) = found(Path(name))
    assert row.trouble is Trouble.TOO_LARGE
    assert "TiB" in row.detail


_LOCKED = """
import os, sys
from oss_jupyter.local.scan import scan
from oss_jupyter.model.dataset import DatasetSource, Piece, Selection
from oss_jupyter.model.passed_over import Passed, PassedOver

if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
for file in scan(DatasetSource((Piece(sys.argv[1]),), ""), Selection(), lambda: False):
    print(file.key, file.trouble.value, file.detail, sep=":")
"""


def test_what_may_not_be_read_is_said() -> None:
    """By its mode, in the system's words; the rest goes up. Root may read everything: a child gives that up first."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name, "data")
        write(root, "closed/x", "half/x", "owner", "all", "nobody", "strict/.ossignore", "strict/x", "z")
        for path, mode in (("closed", 0), ("half", 0o444), ("owner", 0o400), ("nobody", 0)):
            (root / path).chmod(mode)
        (root / "strict" / ".ossignore").chmod(0)
        if os.getuid() == 0:
            os.chown(root / "owner", 65534, 65534)
        Path(name).chmod(0o755)
        command = [sys.executable, "-c", _LOCKED, str(root)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "HOME": name})
        for path in ("closed", "half"):
            (root / path).chmod(0o755)
    denied = "unreadable:Permission denied"
    assert done.stdout.splitlines() == [
        "all::",
        f"closed/:{denied}",
        f"half/x:{denied}",
        f"nobody:{denied}",
        "owner::",
        # Nobody knows what it leaves out, so nothing of that folder is sent.
        f"strict/:{denied}",
        "z::",
    ]


def test_links_stand_for_files(tmp_path: Path) -> None:
    """A link to a file is that file; one that leads nowhere, or round in a circle, is said."""
    write(tmp_path, "real", "elsewhere/x")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "circle").symlink_to("circle")
    for selection in (EVERYTHING, Selection(follow_links=True)):
        assert keys(tmp_path, selection=selection) == ["circle", "dangling", "elsewhere/x", "link", "real"]
        rows = troubles(tmp_path, selection=selection)
        assert rows == {"circle": Trouble.LINK_LOOP, "dangling": Trouble.UNREADABLE}
    link = next(file for file in found(tmp_path) if file.key == "link")
    assert (link.path, link.size) == (str(tmp_path / "link"), 4)


def test_links_to_folders_are_walked_where_it_is_asked(tmp_path: Path) -> None:
    """Else they are counted, and the first is named. In the order they stand where a folder would."""
    write(tmp_path / "data", "a", "l-", "l0")
    write(tmp_path / "other", "x", "y/z")
    (tmp_path / "data" / "l").symlink_to(tmp_path / "other")
    scanned = scan(source(tmp_path / "data"), Selection(), never)
    assert [file.key for file in scanned] == ["a", "l-", "l0"]
    assert scanned.passed_over == PassedOver(linked_folders=Passed(1, str(tmp_path / "data" / "l")))
    followed = scan(source(tmp_path / "data"), Selection(follow_links=True), never)
    assert [file.key for file in followed] == ["a", "l-", "l/x", "l/y/z", "l0"]
    assert followed.passed_over == PassedOver()


def test_loops_of_links_are_found(tmp_path: Path) -> None:
    """A link to a folder above it, directly or by another one, is a row, and the walk ends."""
    write(tmp_path / "a", "x")
    write(tmp_path / "b", "y")
    (tmp_path / "a" / "self").symlink_to(".")
    (tmp_path / "a" / "to b").symlink_to("../b")
    (tmp_path / "b" / "to a").symlink_to("../a")
    selection = Selection(follow_links=True)
    assert troubles(tmp_path / "a", selection=selection) == {
        "self/": Trouble.LINK_LOOP,
        "to b/to a/": Trouble.LINK_LOOP,
    }
    assert keys(tmp_path / "a", selection=selection) == ["self/", "to b/to a/", "to b/y", "x"]


def test_two_links_to_one_folder_are_no_loop(tmp_path: Path) -> None:
    """Both are walked: their keys differ."""
    write(tmp_path / "shared", "x")
    write(tmp_path / "data", "y")
    for name in ("one", "two"):
        (tmp_path / "data" / name).symlink_to(tmp_path / "shared")
    assert keys(tmp_path / "data", selection=Selection(follow_links=True)) == ["one/x", "two/x", "y"]


def test_empty_folders_are_counted(tmp_path: Path) -> None:
    """An object store has none, so that they are not there afterwards is said."""
    for name in ("b/empty", "a/b/c", "full"):
        (tmp_path / name).mkdir(parents=True)
    write(tmp_path, "full/x", "hidden/.x")
    scanned = scan(source(tmp_path), Selection(), never)
    assert [file.key for file in scanned] == ["full/x"]
    told = PassedOver(hidden=Passed(1, str(tmp_path / "hidden/.x")), empty_folders=Passed(2, str(tmp_path / "a/b/c")))
    assert scanned.passed_over == told


def test_what_goes_while_the_scan_goes_on(tmp_path: Path) -> None:
    """Files and folders that vanish after they were listed are rows, and what comes behind them is found."""
    write(tmp_path, "a", "b", "c/x", "d/x", "e")
    rows = scan(source(tmp_path), EVERYTHING, never)
    assert next(rows).key == "a"
    (tmp_path / "b").unlink()
    for name in ("c", "d"):
        (tmp_path / name / "x").unlink()
        (tmp_path / name).rmdir()
    (tmp_path / "d").touch()
    assert [(row.key, row.trouble) for row in rows] == [
        ("b", Trouble.VANISHED),
        ("c/", Trouble.VANISHED),
        ("d/", Trouble.VANISHED),
        ("e", Trouble.NONE),
    ]


def test_a_root_that_vanished_is_a_row(tmp_path: Path) -> None:
    """The job is told, and does not take it for an empty folder; the others go up."""
    write(tmp_path, "there/x")
    row, file = found(Piece(str(tmp_path / "gone"), "raw/"), Piece(str(tmp_path / "there"), "there/"))
    assert (row.key, row.path, row.trouble) == ("raw/", str(tmp_path / "gone"), Trouble.VANISHED)
    assert file.key == "there/x"


@pytest.mark.parametrize("pattern", ["", "**/*.csv"])
@pytest.mark.parametrize("become", ["nothing", "a file", "below a file"])
def test_where_all_roots_are_gone_that_is_what_is_said(tmp_path: Path, pattern: str, become: str) -> None:
    """Not that a file failed: all of them are somewhere else now, and the advice is for that."""
    folder = tmp_path / "gone" / "data" if become == "below a file" else tmp_path / "gone"
    if become != "nothing":
        write(tmp_path, "gone")
    with pytest.raises(SourceMissing, match=r"no folder .* any more") as told:
        found(Piece(str(folder), pattern=pattern))
    assert "from where it is now" in told.value.advice


def test_a_scan_that_nobody_wants_any_more_ends(tmp_path: Path) -> None:
    """In the middle of many files, and while a large folder is being listed."""
    write(tmp_path, *(f"{number:05}" for number in range(5000)))
    stop: list[bool] = []
    rows = scan(source(tmp_path), EVERYTHING, lambda: bool(stop))
    assert next(rows).key == "00000"
    stop.append(True)
    with pytest.raises(PartStopped):
        list(rows)
    with pytest.raises(PartStopped):
        next(scan(source(tmp_path), EVERYTHING, lambda: True))


def test_only_names_are_held(tmp_path: Path) -> None:
    """20,000 files of one folder take less than 150 bytes each while they are found."""
    for number in range(20_000):
        os.close(os.open(tmp_path / f"image_{number:08}.jpg", os.O_CREAT | os.O_WRONLY))
    rows = scan(source(tmp_path), EVERYTHING, never)
    tracemalloc.start()
    try:
        count = sum(1 for _ in rows)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 20_000
    assert most < 150 * 20_000


def test_a_folder_is_listed_when_its_turn_comes(tmp_path: Path) -> None:
    """Of many folders with prefixes of their own, those behind are not held, nor even looked at."""
    for name in ("a", "b"):
        write(tmp_path / name, "x")
    rows = scan(source(*(Piece(str(tmp_path / name), f"{name}/") for name in ("b", "a"))), EVERYTHING, never)
    assert next(rows).key == "a/x"
    write(tmp_path / "b", "late")
    assert [row.key for row in rows] == ["b/late", "b/x"]


def test_scanning_is_quick(tmp_path: Path) -> None:
    """20,000 files of one folder in a few seconds at most, on whatever machine this is."""
    write(tmp_path, *(f"{number:05}" for number in range(20_000)))
    began = time.perf_counter()
    assert len(keys(tmp_path)) == 20_000
    assert time.perf_counter() - began < 5


def test_two_files_with_one_key_are_refused(tmp_path: Path) -> None:
    """Before anything is sent, and both are named."""
    write(tmp_path, "a/x", "a/y", "b/y", "b/z")
    with pytest.raises(InputError) as refused:
        refuse_collisions(scan(source(tmp_path / "a", tmp_path / "b"), EVERYTHING, never))
    what, _, advice, code = refused.value.four_lines()
    assert str(tmp_path / "a/y") in what
    assert str(tmp_path / "b/y") in what
    assert advice
    assert code == "KeyCollision"


def test_what_is_no_collision(tmp_path: Path) -> None:
    """One file under one key, however often it is named; and what cannot be sent takes no key from anybody."""
    write(tmp_path, "a/x", "b/z")
    os.mkfifo(tmp_path / "b" / "x")
    pieces = (tmp_path / "a", Piece(str(tmp_path / "a/x"), "x", is_file=True), Piece(str(tmp_path / "a"), pattern="*"))
    assert keys(*pieces) == ["x"]
    refuse_collisions(scan(source(*pieces, tmp_path / "b"), EVERYTHING, never))


def test_a_shortage_is_nobodys_row(tmp_path: Path) -> None:
    """Where the system has no descriptor left, the scan says so, and no folder is called unreadable."""
    write(tmp_path, "a/x")
    program = (
        "import resource, sys\n"
        "from oss_jupyter.errors import TooManyFiles\n"
        "from oss_jupyter.local.scan import scan\n"
        "from oss_jupyter.model.dataset import DatasetSource, Piece, Selection\n"
        "rows = scan(DatasetSource((Piece(sys.argv[1]),), ''), Selection(), lambda: False)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))\n"
        "try:\n    print(list(rows))\nexcept TooManyFiles as error:\n    print(error.code)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "TooManyFiles"
