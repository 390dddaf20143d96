"""What it means for a dataset that one of its files failed: it is tried again, it is bad itself, or all would fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

from oss_jupyter.errors import (
    CredentialsError,
    ExecutorFailed,
    NetworkError,
    NotOss,
    OssJupyterError,
    ServiceError,
    Shortage,
)
from oss_jupyter.model.retry import Action, classify

if TYPE_CHECKING:
    from oss_jupyter.engine.dataset.coordinator import DatasetCoordinator

# What no file could get around.
_OF_ALL = frozenset(
    {
        "NoSuchBucket", "InvalidAccessKeyId", "SignatureDoesNotMatch", "UserDisable", "BucketDisable",
        "AbnormalBucketOwnerStatus",
    }
)  # fmt: skip
# So often is a file begun in all whose trouble should pass, where others are sent meanwhile, or no others are left.
_ROUNDS_MOST = 3
# So many files for which something else answered, with none sent in between, say that it answers for all.
_STRANGE_MOST = 12


class Verdict(Enum):
    """What follows from a failure."""

    AGAIN = "again"
    OWN = "its own"
    OF_ALL = "of all"


class Judge:
    """Only the dataset's own thread uses it. Files are known by their numbers.

    answered: whether the service has answered anything of the dataset.
    """

    def __init__(self, job: DatasetCoordinator, answered: Callable[[], bool]) -> None:
        self._job = job
        self._answered = answered
        self._begun: dict[int, int] = {}
        self._rounds: Counter[int] = Counter()
        self._strange: set[int] = set()
        self._sent = self._sent_now()
        self._sent_at = self._now()

    def begins(self, number: int) -> None:
        """Note that a file is begun, for the first time or once more."""
        self._begun[number] = self._sent_now()

    def ended(self, number: int) -> None:
        """Forget a file."""
        self._begun.pop(number, None)
        self._rounds.pop(number, None)

    def verdict(self, number: int, error: OssJupyterError, *, others_wait: bool) -> Verdict:
        """Return what the failure of a file means, all tries of its own transfer being used up.

        A service that is busy is waited for like a dead line: for as long as the policy says, once it has taken a file.
        others_wait: whether there are files that may still show whether it is the service, or this file.
        """
        if isinstance(error, (CredentialsError, Shortage, ExecutorFailed)) or error.code in _OF_ALL:
            return Verdict.OF_ALL
        if not isinstance(error, (NetworkError, ServiceError)):
            return Verdict.OWN
        return self._of_the_line(number, error, others_wait)

    def _of_the_line(self, number: int, error: NetworkError | ServiceError, others_wait: bool) -> Verdict:
        others_were_sent = self._others_were_sent(number)
        passes = classify(error) in (Action.RETRY, Action.SLOW_DOWN)
        if isinstance(error, ServiceError) and not passes:
            return Verdict.OWN
        strange = isinstance(error, NotOss) and others_wait
        if strange:  # others, on their way yet, will show whether something else answers for them as well
            self._strange.add(number)
            if len(self._strange) >= _STRANGE_MOST:
                return Verdict.OF_ALL
        elif not others_were_sent and not self._is_patient() and (self._sent or isinstance(error, NetworkError)):
            return Verdict.OF_ALL
        if not passes or self._job.spec.policy.attempts == 1:
            return Verdict.OWN
        if self._sent and others_wait and not others_were_sent and not strange:
            return Verdict.AGAIN
        return self._by_rounds(number, others_show=strange)

    def _by_rounds(self, number: int, *, others_show: bool) -> Verdict:
        self._rounds[number] += 1
        if self._rounds[number] < _ROUNDS_MOST or (others_show and not self._sent):
            return Verdict.AGAIN
        return Verdict.OWN if self._sent else Verdict.OF_ALL

    def _others_were_sent(self, number: int) -> bool:
        sent = self._sent_now()
        if sent != self._sent:
            self._sent, self._sent_at = sent, self._now()
            self._strange.clear()
        return sent > self._begun[number]

    def _is_patient(self) -> bool:
        return self._answered() and self._now() - self._sent_at < self._job.spec.policy.patience_seconds

    def _sent_now(self) -> int:
        return self._job.book.taken_count

    def _now(self) -> float:
        return self._job.spec.clock.monotonic()
