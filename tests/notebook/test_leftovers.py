"""Unfinished uploads of a bucket are found, told apart and removed, and nothing that somebody is sending is touched."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import oss_jupyter as oj
from oss_jupyter.errors import InputError
from oss_jupyter.model.ages import DAY_SECONDS, format_age, parse_age
from oss_jupyter.model.leftover import Leftover, Owner
from oss_jupyter.sandbox import Fault, Sandbox

from .conftest import Shell
from .kernels import Kernel

PLACE = "oss://test-bucket/left/"
OLD_SECONDS = 8 * DAY_SECONDS


def leave(sandbox: Sandbox, key: str, age_seconds: float) -> str:
    """Leave an unfinished upload behind, as if it had been begun so long ago; return its id."""
    begun_at = time.time() - age_seconds
    return sandbox._core.multipart.initiate("test-bucket", key, {}, begun_at).upload_id


def ids(sandbox: Sandbox) -> set[str]:
    """Return what the service holds."""
    return {upload.upload_id for upload in sandbox.uploads("test-bucket")}


def sending(data: Path, part_size: str = "1MiB", parts: int = 3) -> str:
    """Return the cell by which a kernel sends a file of which a part stalls, and waits for those before it."""
    return (
        "import oss_jupyter as oj\n"
        f"t = oj.upload({str(data)!r}, 'oss://test-bucket/left/live.bin', part_size='{part_size}', parallel=1)\n"
        f"while t.snapshot().parts_done < {parts}: assert not t.wait(0.05), t.error"
    )


def test_thousands_are_listed_and_removed_by_age(service: Sandbox, shell: Shell) -> None:
    """2,101 uploads come in three pages, two of one key on a page's edge too; those of the last week stay."""
    ages = [OLD_SECONDS, 2 * DAY_SECONDS]
    left = [leave(service, f"left/{number // 2:05}", ages[number % 2]) for number in range(1, 2101)]
    young = set(left[::2])
    newest = leave(service, "left/newest", DAY_SECONDS)
    elsewhere = leave(service, "right/old", OLD_SECONDS)

    found = oj.leftovers(PLACE, count_most=0)
    assert {one.upload_id for one in found} == {*left, newest}
    assert found.newest is not None
    assert found.newest.upload_id == newest
    assert found.oldest is not None
    assert format_age(found.oldest.age_seconds) == "8 days"
    assert sum(entry.operation == "ListMultipartUploads" for entry in service.requests) == 3

    said = shell.ok(f"%oss_leftovers {PLACE} remove --older-than 7d --yes").text
    assert "1,050 unfinished uploads" in said
    assert ids(service) == young | {newest, elsewhere}


def test_what_is_shown_says_parts_size_and_cost(service: Sandbox, shell: Shell, data: Path) -> None:
    """The table and the JSON tell of an upload that this computer can carry on what the service holds of it."""
    service.faults.add(Fault("UploadPart", part_number=4, kind="stall", times=None))
    shell.ok(sending(data))
    (transfer,) = oj.transfers()
    transfer.pause()
    transfer.wait(60)

    text = shell.ok(f"%oss_leftovers {PLACE}").text
    assert "checkpoint here" in text
    assert "Standard" in text
    assert "<AbortMultipartUpload><Days>7</Days></AbortMultipartUpload>" in text
    row = json.loads(shell.ok(f"%oss_leftovers {PLACE} --json").text)
    assert (row["key"], row["parts"], row["size_bytes"]) == ("left/live.bin", 3, 3 * 1024 * 1024)
    found = oj.leftovers(PLACE)
    assert found.monthly_cost["Standard"] == pytest.approx(0.12 * 3 / 1024)
    assert "in CNY" in text
    shell.ok("%config OssJupyter.storage_prices = {'Standard': 1.5}")
    text = shell.ok(f"%oss_leftovers {PLACE}").text
    assert "A month costs, by storage class: Standard 0.00." in text
    assert "list prices" not in text

    kept = found.remove(older_than=0)
    assert [one.owner for one, _ in kept.stay] == [Owner.KEPT]
    assert len(ids(service)) == 1
    assert len(found.remove(older_than=0, force=True).gone) == 1
    assert ids(service) == set()


def test_what_another_kernel_sends_stays_even_by_force(
    service: Sandbox, shell: Shell, data: Path, new_kernel: Callable[..., Kernel]
) -> None:
    """A kernel of this computer is in the middle of an upload: neither its age nor --force lets it be removed."""
    service.faults.add(Fault("UploadPart", part_number=4, kind="stall", times=None))
    old = leave(service, "left/old", OLD_SECONDS)
    kernel = new_kernel()
    assert kernel.run(sending(data)).error is None

    (live,) = ids(service) - {old}
    said = shell.ok(f"%oss_leftovers {PLACE} remove --older-than 0s --yes --force").text
    assert "a kernel of this computer is sending it" in said
    assert ids(service) == {live}
    service.faults.clear()
    assert kernel.run("t.result(); print(t.state)").error is None
    assert ids(service) == set()


def test_what_is_young_may_be_another_computers(service: Sandbox, shell: Shell) -> None:
    """An upload of the last day, which nobody here knows, is named and stays; with --force it goes."""
    upload_id = leave(service, "left/new", DAY_SECONDS / 2)
    said = shell.ok(f"%oss_leftovers {PLACE} remove {upload_id[:8]} --yes").text
    assert "within the last day" in said
    assert ids(service) == {upload_id}
    shell.ok(f"%oss_leftovers {PLACE} remove {upload_id[:8]} --yes --force")
    assert ids(service) == set()


def test_what_is_removed_is_a_line_of_json(service: Sandbox, shell: Shell) -> None:
    """A program reads what is gone and what stays, each with why, and nothing stands around it."""
    young, old = leave(service, "left/new", 60), leave(service, "left/old", OLD_SECONDS)
    removed = json.loads(shell.ok(f"%oss_leftovers {PLACE} remove --older-than 0s --yes --json").text)
    assert [one["upload_id"] for one in removed["gone"]] == [old]
    assert [(one["upload_id"], "--force removes it" in one["why"]) for one in removed["stay"]] == [(young, True)]


def test_what_is_shown_to_type_can_be_typed(service: Sandbox, shell: Shell) -> None:
    """A place with a blank is quoted in the command below the table, and the command does what it says."""
    upload_id = leave(service, "left/my data/a", OLD_SECONDS)
    said = shell.ok("%oss_leftovers 'oss://test-bucket/left/my data/'").text
    line = next(line for line in said.splitlines() if line.startswith("Remove them with: "))
    command = line.removeprefix("Remove them with: ").partition(" ID")[0]
    shell.ok(f"{command} {upload_id} --yes")
    assert ids(service) == set()


def test_what_was_removed_reads_as_a_sentence(service: Sandbox, shell: Shell) -> None:
    """At the end of a cell it is shown in words, and among other values as a few of them."""
    leave(service, "left/a", OLD_SECONDS)
    shell.ok(f"import oss_jupyter as oj; removed = oj.leftovers({PLACE!r}).remove(older_than='7d')")
    assert "1 unfinished upload removed from OSS." in shell.ok("removed").text
    assert "[<Removed: 1 unfinished upload gone, 0 not>]" in shell.ok("[removed]").text


def test_where_nobody_can_be_asked(service: Sandbox, new_kernel: Callable[..., Kernel]) -> None:
    """A notebook that runs by itself removes nothing without --yes, and says so."""
    upload_id = leave(service, "left/old", OLD_SECONDS)
    kernel = new_kernel()
    assert kernel.run("%load_ext oss_jupyter").error is None
    cell = kernel.run(f"%oss_leftovers {PLACE} remove {upload_id}", can_ask=False)
    assert "Add --yes to remove" in cell.text
    assert ids(service) == {upload_id}


@pytest.mark.parametrize("answer", ["", "n", "y"])
def test_it_asks_first(service: Sandbox, shell: Shell, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """Only a yes removes."""
    leave(service, "left/old", OLD_SECONDS)
    monkeypatch.setattr("builtins.input", lambda _question: answer)
    shell.ok(f"%oss_leftovers {PLACE} remove --older-than 7d")
    assert len(ids(service)) == (0 if answer == "y" else 1)


def test_nothing_is_removed_by_a_mistake(service: Sandbox, shell: Shell) -> None:
    """An id that fits two or none, no id at all, an age that is none: each is refused before anything is removed."""
    before = {leave(service, "left/a", OLD_SECONDS), leave(service, "left/b", OLD_SECONDS)}
    found = oj.leftovers(PLACE)
    for upload_id, older_than in ((None, None), ("", None), ("zz", None), (None, "7"), (None, "-1d"), ("zz", "7d")):
        with pytest.raises(InputError):
            found.remove(upload_id, older_than=older_than)
    assert shell.run(f"%oss_leftovers {PLACE} --older-than 7d").error is not None
    assert "or --older-than 7d" in str(shell.run(f"%oss_leftovers {PLACE} remove").error)
    assert ids(service) == before


def test_an_empty_place_says_so(service: Sandbox, shell: Shell) -> None:
    """Nothing left over is one sentence."""
    assert "No unfinished uploads below" in shell.ok(f"%oss_leftovers {PLACE}").text


@pytest.mark.parametrize(("text", "seconds"), [("7d", 604_800), ("12h", 43_200), ("30m", 1800), ("2w", 1_209_600)])
def test_ages_are_read(text: str, seconds: float) -> None:
    """Ages are written as people write them."""
    assert parse_age(text) == seconds


def test_a_row_is_a_column_of_a_frame(service: Sandbox, shell: Shell) -> None:
    """Whoever goes on with the rows has each of their fields as a column."""
    leave(service, "left/a", OLD_SECONDS)
    frame = oj.leftovers(PLACE).to_frame()
    assert list(frame.columns) == list(Leftover.__dataclass_fields__)
    assert len(frame) == 1


def lost(service: Sandbox, shell: Shell, data: Path, new_shell: Callable[..., Shell], tmp_path: Path) -> Shell:
    """Send 32 parts of 64, lose every state, and return the next kernel."""
    service.faults.add(Fault("UploadPart", part_number=33, kind="stall", times=None))
    shell.ok(sending(data, "128KiB", 32))
    (transfer,) = oj.transfers()
    transfer.pause()
    transfer.wait(60)
    shutil.rmtree(tmp_path / "state")
    service.faults.clear()
    service.clear_requests()
    after = new_shell()
    after.ok("%load_ext oss_jupyter")
    return after


@pytest.mark.parametrize("changed", [False, True])
def test_an_upload_goes_on_without_its_checkpoint(
    service: Sandbox, shell: Shell, data: Path, new_shell: Callable[..., Shell], tmp_path: Path, *, changed: bool
) -> None:
    """With all state deleted amid 64 parts, only what the service does not have is sent, or what has changed."""
    after = lost(service, shell, data, new_shell, tmp_path)
    if changed:
        content = bytearray(data.read_bytes())
        content[128 * 1024] ^= 1
        data.write_bytes(content)
    (upload_id,) = ids(service)
    after.ok(f"%oss_leftovers {PLACE} adopt {upload_id[:8]} {data}")
    (transfer,) = oj.transfers()
    transfer.result(60)
    sent = sorted(int(one.part_number or 0) for one in service.requests if one.operation == "UploadPart")
    assert sent == ([2] if changed else []) + list(range(33, 65))
    assert service.object_path("test-bucket", "left/live.bin").read_bytes() == data.read_bytes()
    assert ids(service) == set()


def test_what_cannot_be_carried_on_is_refused(service: Sandbox, shell: Shell, data: Path) -> None:
    """An upload without a part tells no size of parts; it is left as it is, and so is the file."""
    upload_id = leave(service, "left/a", OLD_SECONDS)
    with pytest.raises(InputError, match="has no part yet"):
        oj.leftovers(PLACE).adopt(upload_id, data)
    assert ids(service) == {upload_id}
    assert oj.transfers() == ()
