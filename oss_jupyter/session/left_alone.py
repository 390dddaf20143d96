"""Which uploads are not taken along where all are resumed, or all are given up."""

from __future__ import annotations

from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.model.states import State

_AT_REST = (State.INTERRUPTED, State.FAILED)


def waits_for_a_word(transfer: Transfer) -> bool:
    """Whether an earlier kernel left it, and nothing is asked of it with all others: the user has to name it first."""
    return transfer.state is State.INTERRUPTED and coordinator_of(transfer).spec.hindrance is not None


def is_left_alone(transfer: Transfer) -> bool:
    """Whether it is not resumed with all others: the user has to name it first, or only its cell can carry it on."""
    stuck = transfer.state in _AT_REST and coordinator_of(transfer).spec.stuck is not None
    return stuck or waits_for_a_word(transfer)
