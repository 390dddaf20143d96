"""How a source is cut into parts. The part size never changes while an upload id lives: offsets follow from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from oss_jupyter.errors import InputError
from oss_jupyter.model.sizes import GIB, KIB, MIB, format_size
from oss_jupyter.texts import tr

# OSS limits (documentation "Limits", UploadPart, PutObject).
MAX_PARTS = 10_000
PART_MIN_BYTES = 100 * KIB
PART_MAX_BYTES = 5 * GIB
OBJECT_MAX_BYTES = MAX_PARTS * PART_MAX_BYTES

DEFAULT_PART_BYTES = 8 * MIB
# What is on the wire at a crash is sent again, so a part must not grow without end.
_AUTO_MAX_BYTES = 64 * MIB
# So many parts at least, or sixteen connections would run out of work before the end.
_AUTO_PARTS_MIN = 64
# Beyond so many parts a larger file gets larger parts and not more of them.
_AUTO_PARTS_MAX = 1024
# A part should keep its connection busy for so long, or the pause between parts is felt.
_AUTO_PART_SECONDS = 1.0


@dataclass(frozen=True)
class Part:
    """One byte range of the source: number (from 1), offset and length in bytes."""

    number: int
    offset: int
    length: int


@dataclass(frozen=True)
class Plan:
    """The parts of a source of `size` bytes, each `part_size` bytes but the last."""

    size: int
    part_size: int

    @property
    def single(self) -> bool:
        """Whether one PutObject carries everything; multipart would cost two requests more."""
        return self.size <= self.part_size

    def __len__(self) -> int:
        return max(1, -(-self.size // self.part_size))

    def part(self, number: int) -> Part:
        """Return part `number`; IndexError outside 1..len."""
        if not 1 <= number <= len(self):
            raise IndexError(f"part {number} of {len(self)}")
        offset = (number - 1) * self.part_size
        return Part(number, offset, min(self.part_size, self.size - offset))

    def __iter__(self) -> Iterator[Part]:
        return (self.part(number) for number in range(1, len(self) + 1))


def make_plan(size: int, part_size: int | None = None, default_part_size: int = DEFAULT_PART_BYTES) -> Plan:
    """Return the plan for a source of `size` bytes; all sizes are in bytes.

    A `part_size` that the user asked for is taken or refused, never changed behind their back; the default is raised
    until 10,000 parts suffice. Raises InputError where the service's limits leave no way.
    """
    smallest = smallest_part_size(size)
    wanted = part_size
    if wanted is None:
        wanted = default_part_size if size <= MAX_PARTS * default_part_size else smallest
    why = _refused(size, wanted, smallest)
    if why is not None:
        raise why
    return Plan(size, wanted)


def _refused(size: int, wanted: int, smallest: int) -> InputError | None:
    """Return what the service has against parts of the wanted size; smallest: the size that would do."""
    if wanted < PART_MIN_BYTES:
        return InputError(
            tr("A part of {size} is too small: the service asks for at least 100 KiB.", size=format_size(wanted)),
            tr("Leave part_size out, or write part_size=1MiB or more."),
            code="PartTooSmall",
        )
    if size > OBJECT_MAX_BYTES:
        most = format_size(OBJECT_MAX_BYTES)
        return InputError(
            tr("The file has {size}; the service takes at most {most} per object.", size=format_size(size), most=most),
            tr("Split the file and upload the pieces as separate objects."),
            code="ObjectTooLarge",
        )
    if wanted > PART_MAX_BYTES:
        return InputError(
            tr("A part of {size} is too large: the service takes at most 5 GiB.", size=format_size(wanted)),
            tr("Leave part_size out: 8 MiB suits most lines."),
            code="PartTooLarge",
        )
    return _too_many(size, wanted, smallest) if size > MAX_PARTS * wanted else None


def _too_many(size: int, wanted: int, smallest: int) -> InputError:
    return InputError(
        tr(
            "{size} in parts of {part_size} would be {parts} parts; the service takes at most {most}.",
            size=format_size(size),
            part_size=format_size(wanted),
            parts=f"{-(-size // wanted):,}",
            most=f"{MAX_PARTS:,}",
        ),
        tr("Leave part_size out, or write part_size={least}KiB or more.", least=smallest // KIB),
        code="TooManyParts",
    )


def auto_part_size(size: int, connection_bytes_per_second: float | None = None) -> int:
    """Return the part size in bytes for a file of `size` bytes, in whole MiB.

    connection_bytes_per_second: what one connection to this service carried before, if it is known. On a fast line
    larger parts make the cost of each disappear.
    """
    by_line = (connection_bytes_per_second or 0) * _AUTO_PART_SECONDS
    wanted = max(DEFAULT_PART_BYTES, size / _AUTO_PARTS_MAX, min(by_line, size / _AUTO_PARTS_MIN))
    return max(-(-int(min(wanted, _AUTO_MAX_BYTES)) // MIB) * MIB, smallest_part_size(size))


def smallest_part_size(size: int) -> int:
    """Return the smallest part size in bytes with which `size` bytes fit in 10,000 parts, in whole 100 KiB steps."""
    needed = -(-size // MAX_PARTS)
    steps = max(1, -(-needed // PART_MIN_BYTES))
    return min(steps * PART_MIN_BYTES, PART_MAX_BYTES)
