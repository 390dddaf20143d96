"""What chance decides about one upload, as frozen values: the file, the permissions, the kills and the faults."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

from oss_jupyter.model.sizes import KIB, MIB
from oss_jupyter.sandbox import Fault

ONLY_PUT = frozenset({"oss:PutObject"})

Victim = Literal["kernel", "helper"]

_PART_SIZES = (100 * KIB, 256 * KIB, MIB)
_PARTS_MOST = 64
_KILLS_MOST = 4
_FAULTS_MOST = 3
# Every operation can be hit; parts more often, because there are more of them.
_OPERATIONS = ("UploadPart",) * 4 + (
    "PutObject", "InitiateMultipartUpload", "CompleteMultipartUpload", "ListParts", "HeadObject",
)  # fmt: skip


@dataclass(frozen=True)
class Kill:
    """Who is killed: once `requests` more have reached the service, or after `seconds`, whichever is first."""

    victim: Victim
    requests: int
    seconds: float


@dataclass(frozen=True)
class Hazards:
    """One upload's fate.

    size, part_size: bytes. rewrites: whether the file is written anew after each death of the kernel. faults: one
    tuple for each life of a kernel, put in force when it begins.
    """

    seed: int
    size: int
    part_size: int
    parallel: int
    only_put: bool
    helper: bool
    rewrites: bool
    rate_bytes_per_second: int
    kills: tuple[Kill, ...]
    faults: tuple[tuple[Fault, ...], ...]

    @property
    def parts(self) -> int:
        """How many parts the file has."""
        return max(1, -(-self.size // self.part_size))


def draw(seed: int) -> Hazards:
    """Return the fate that belongs to `seed`, the same in every run."""
    dice = random.Random(seed)
    part_size = dice.choice(_PART_SIZES)
    # One upload in eight is a single PutObject, which knows neither parts nor an upload id.
    parts = 1 if dice.random() < 0.125 else dice.randint(2, _PARTS_MOST)
    helper = dice.random() < 0.6
    kills = tuple(_kill(dice, helper, parts) for _ in range(dice.randint(1, _KILLS_MOST)))
    lives = 1 + sum(kill.victim == "kernel" for kill in kills)
    return Hazards(
        seed=seed,
        size=parts * part_size - dice.randint(0, part_size - 1),
        part_size=part_size,
        parallel=dice.choice((1, 3, 4, 8)),
        only_put=dice.random() < 0.3,
        helper=helper,
        rewrites=dice.random() < 0.15,
        rate_bytes_per_second=max(MIB, parts * part_size // dice.randint(1, 3)),
        kills=kills,
        faults=tuple(tuple(_fault(dice) for _ in range(dice.randint(0, _FAULTS_MOST))) for _ in range(lives)),
    )


def _kill(dice: random.Random, helper: bool, parts: int) -> Kill:
    victim: Victim = "helper" if helper and dice.random() < 0.5 else "kernel"
    return Kill(victim, requests=dice.randint(1, max(4, parts // 2)), seconds=dice.uniform(0.05, 4.0))


def _fault(dice: random.Random) -> Fault:
    operation = dice.choice(_OPERATIONS)
    skip, times = dice.randint(0, 8) if operation == "UploadPart" else 0, dice.randint(1, 2)
    return dice.choice(
        (
            Fault(operation, "answer", code="InternalError", skip=skip, times=times),
            Fault(operation, "answer", code="TotalQpsLimitExceeded", skip=skip, times=times),
            Fault(operation, "answer", code="RequestTimeout", skip=skip, times=times),
            Fault(operation, "drop_reply", skip=skip, times=times),
            Fault(operation, "delay", seconds=dice.uniform(0.2, 2.0), skip=skip, times=times),
            Fault("UploadPart", "drop_body", after_bytes=dice.randint(0, 90_000), skip=skip, times=times),
            Fault("UploadPart", "wrong_crc", skip=skip, times=1),
        )
    )
