"""Operations against hostile answers, once and always: what is claimed is true, and everything ends.

The table has the rows of `answers.py` and the columns below. A test is a column, and plays some of its rows at once,
because each of them mostly waits.
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.states import State

from ..engine.kit import PART, Kernel
from .answers import ANSWERS
from .stub import Stub, Trap

KEY = "data/é &+.bin"
FILE = random.Random(7).randbytes(2 * PART + 777)
SMALL = FILE[:5000]
POLICY: dict[str, Any] = {
    "base_seconds": 0.05,
    "cap_seconds": 0.5,
    "patience_seconds": 1.0,
    "retry_after_most_seconds": 0.1,
}
# This policy allows three tries of each request, a second of patience and short waits; most of it is for a busy
# machine.
MOST_SECONDS = 30.0
MOST_REQUESTS = 100
AT_ONCE = 8


@dataclass(frozen=True)
class Column:
    """One operation to be answered. file: what is uploaded; run: how the upload gets there.

    heals: whether it is asked again by itself; who aborts is told, and may ask again.
    """

    operation: str
    file: bytes = FILE
    skip: int = 0
    heals: bool = True
    run: Callable[[Case], Transfer] = lambda case: case.upload()


def resumed(case: Case) -> Transfer:
    """Upload what is refused at its second part, then let it be carried on."""
    case.stub.set_traps(Trap("UploadPart", ANSWERS["403 page"].make, skip=1))
    case.upload()
    case.stub.set_traps(*case.traps)
    return case.upload()


def adopted(case: Case) -> Transfer:
    """Upload what is refused at its second part, then lose the checkpoint and carry on without it."""
    case.stub.set_traps(Trap("UploadPart", ANSWERS["403 page"].make, skip=1))
    case.upload()
    case.kernel.close()
    shutil.rmtree(case.checkpoints)
    case.kernel = Kernel(case.stub.endpoint, case.checkpoints)
    case.stub.set_traps(*case.traps)
    return case.upload(adopt=True)


def aborted(case: Case) -> Transfer:
    """Upload what is refused at its second part, then abort."""
    case.stub.set_traps(Trap("UploadPart", ANSWERS["403 page"].make, skip=1))
    transfer = case.upload()
    case.stub.set_traps(*case.traps)
    transfer.abort()
    transfer.wait(MOST_SECONDS)
    return transfer


def lost_complete(case: Case) -> Transfer:
    """Upload where the reply to Complete is lost, so that HEAD has to tell."""
    case.stub.set_traps(Trap("CompleteMultipartUpload", ANSWERS["lost"].make, done=True, times=1), *case.traps)
    return case.upload()


COLUMNS = {
    "HEAD before": Column("HeadObject"),
    "Put": Column("PutObject", SMALL),
    "Initiate": Column("InitiateMultipartUpload"),
    "Part": Column("UploadPart"),
    "ListParts": Column("ListParts", run=resumed),
    "List uploads": Column("ListMultipartUploads"),
    "ListParts of lost": Column("ListParts", run=adopted),
    "Complete": Column("CompleteMultipartUpload"),
    "HEAD after": Column("HeadObject", skip=1, run=lost_complete),
    "Abort": Column("AbortMultipartUpload", heals=False, run=aborted),
}


class Case:
    """One cell of the table, once or always: a stub, a kernel and a file of its own."""

    def __init__(self, column: str, answer: str, times: int | None, folder: Path) -> None:
        self.column, row = COLUMNS[column], ANSWERS[answer]
        self.traps = (Trap(self.column.operation, row.make, row.done, times, self.column.skip),)
        self.stub = Stub(*self.traps)
        self.checkpoints = folder / "checkpoints"
        self.source = folder / "file.bin"
        self.source.write_bytes(self.column.file)
        self.kernel = Kernel(self.stub.endpoint, self.checkpoints)
        self.kernel.wiring.settings.stall_seconds = 5.0

    def upload(self, **given: Any) -> Transfer:
        """Upload and wait for the end."""
        target = f"oss://test-bucket/{KEY}"
        policy = replace(self.kernel.spec(self.source, target).policy, **POLICY)
        transfer = self.kernel.upload(self.source, target, policy=policy, **given)
        transfer.wait(MOST_SECONDS)
        return transfer

    def play(self) -> Outcome:
        """Run it and return what became of it."""
        began_at = time.monotonic()
        with self.stub:
            transfer = self.column.run(self)
            seconds = time.monotonic() - began_at
            self.kernel.close()
            return Outcome(
                transfer.state,
                transfer.error,
                seconds,
                stored=self.stub.objects.get(KEY) == self.column.file,
                parts=sum(map(len, self.stub.uploads.values())),
                checkpoints=len(list(self.checkpoints.glob("*.journal"))),
                requests=len(self.stub.requests),
            )


@dataclass(frozen=True)
class Outcome:
    """What a case came to. stored: the object is the file; parts: how many the service still holds."""

    state: State
    error: OssJupyterError | None
    seconds: float
    stored: bool
    parts: int
    checkpoints: int
    requests: int


def played(case: tuple[str, str, int | None]) -> Outcome:
    """Play a case in a folder of its own."""
    with TemporaryDirectory() as folder:
        return Case(*case, Path(folder)).play()


@pytest.mark.parametrize("times", [1, None], ids=["once", "always"])
@pytest.mark.parametrize("column", COLUMNS)
def test_what_is_claimed_is_true(column: str, times: int | None, subtests: pytest.Subtests) -> None:
    """Success only with the object; else four lines, in time, with a checkpoint wherever parts may be there."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = pool.map(played, [(column, answer, times) for answer in ANSWERS])
        for answer, ended in zip(ANSWERS, outcomes, strict=True):
            with subtests.test(answer):
                check(ended)
                if times == 1 and ANSWERS[answer].heals and COLUMNS[column].heals:
                    assert ended.state is State.COMPLETED, ended.error
                if times is None and ended.error is not None:
                    assert ANSWERS[answer].told in str(ended.error)


def check(ended: Outcome) -> None:
    """What must be so whatever was answered."""
    assert ended.state in (State.COMPLETED, State.FAILED, State.ABORTED)
    assert ended.seconds < MOST_SECONDS
    assert ended.requests < MOST_REQUESTS
    if ended.state is State.COMPLETED:
        assert ended.stored
        assert ended.checkpoints == 0
    elif ended.state is State.ABORTED:
        assert (ended.parts, ended.checkpoints) == (0, 0)
    else:
        assert ended.error is not None
        assert type(ended.error) is not OssJupyterError
        assert all(ended.error.four_lines())
        assert ended.checkpoints or not ended.parts


def test_the_table_is_large_enough() -> None:
    """What was promised is 250 combinations."""
    assert len(COLUMNS) * len(ANSWERS) * 2 >= 250
