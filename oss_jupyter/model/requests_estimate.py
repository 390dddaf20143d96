"""How many requests a dataset costs, and whether so many small ones meet the limits of the service."""

from __future__ import annotations

import re
from dataclasses import dataclass

from oss_jupyter.model.dataset import Action
from oss_jupyter.model.plan import auto_part_size
from oss_jupyter.model.planned_rows import PlannedFile
from oss_jupyter.model.sizes import format_duration, format_speed
from oss_jupyter.texts import say

# OSS documentation, "Limits": requests a second of an account, and of names that follow each other.
ACCOUNT_PER_SECOND = 10_000
SEQUENTIAL_PER_SECOND = 2_000
# The same page: 10 Gbit/s of an account. What would need a faster line than that meets no limit of requests.
_LINE_BYTES_PER_SECOND = 10**10 / 8
# A few seconds at a limit are over before anybody feels them.
_FELT_SECONDS = 5
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class RequestsEstimate:
    """Requests by kind. lists and heads: ListObjectsV2 and HeadObject, those of making the plan among them.

    puts: PutObject, one for each small file. initiates, list_parts, upload_parts, completes: of files in parts; of one
    that is resumed all its parts are counted. bytes_to_send: of what is to be sent. sequential: whether most keys only
    count up from one to the next.
    """

    lists: int = 0
    heads: int = 0
    puts: int = 0
    initiates: int = 0
    list_parts: int = 0
    upload_parts: int = 0
    completes: int = 0
    bytes_to_send: int = 0
    sequential: bool = False

    @property
    def by_name(self) -> tuple[tuple[str, int], ...]:
        """How many of each, under the service's own names."""
        return (
            ("ListObjectsV2", self.lists),
            ("HeadObject", self.heads),
            ("PutObject", self.puts),
            ("InitiateMultipartUpload", self.initiates),
            ("ListParts", self.list_parts),
            ("UploadPart", self.upload_parts),
            ("CompleteMultipartUpload", self.completes),
        )

    @property
    def total(self) -> int:
        """All of them."""
        return sum(count for _, count in self.by_name)

    @property
    def warning(self) -> str:
        """When the service's limit of requests would be met, in a sentence; "" where it would not be."""
        sending, limit = self.puts + self.upload_parts, self._per_second
        if sending < limit * _FELT_SECONDS:
            return ""
        speed = limit * self.bytes_to_send / sending
        if speed > _LINE_BYTES_PER_SECOND:
            return ""
        values = {"count": f"{sending:,}", "speed": format_speed(speed), "time": format_duration(sending / limit)}
        return say("requests_sequential" if self.sequential else "requests_account", **values)

    @property
    def _per_second(self) -> int:
        return SEQUENTIAL_PER_SECOND if self.sequential else ACCOUNT_PER_SECOND


class RequestCounter:
    """Counts what the files of a plan need, as they come. part_size: in bytes; None: chosen for each file."""

    def __init__(self, part_size: int | None = None) -> None:
        self._part_size = part_size
        self._puts = self._sends = self._resumes = self._parts = self._bytes = 0
        self._following = 0
        self._last_shape = ""

    def add(self, row: PlannedFile) -> None:
        """Count one file."""
        if row.action not in (Action.SEND, Action.RESUME):
            return
        self._bytes += row.size
        shape = _NUMBER.sub("0", row.key)
        self._following += shape == self._last_shape
        self._last_shape = shape
        parts = -(-row.size // (self._part_size or auto_part_size(row.size)))
        if row.action is Action.SEND and parts <= 1:
            self._puts += 1
            return
        self._parts += parts
        self._sends += row.action is Action.SEND
        self._resumes += row.action is Action.RESUME

    def estimate(self, lists: int, heads: int) -> RequestsEstimate:
        """Return what they need in all; `lists`, `heads`: asked already. A large file is looked at once more."""
        files = self._puts + self._sends + self._resumes
        return RequestsEstimate(
            lists=lists,
            heads=heads + self._sends,
            puts=self._puts,
            initiates=self._sends,
            list_parts=self._resumes,
            upload_parts=self._parts,
            completes=self._sends + self._resumes,
            bytes_to_send=self._bytes,
            sequential=2 * self._following > files,
        )
