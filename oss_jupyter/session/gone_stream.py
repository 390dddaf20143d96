"""What an earlier kernel has left of a stream: its parts in OSS, and maybe some pieces on the disk."""

from __future__ import annotations

import tempfile
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from oss_jupyter.engine.streaming.spec import StreamSpec
from oss_jupyter.local.stream_gone import GoneStream

if TYPE_CHECKING:
    from oss_jupyter.engine.ports import Places
    from oss_jupyter.engine.spec import TransferSpec


def gone_stream(spec: TransferSpec, text: str, *, begun: bool) -> StreamSpec:
    """Return the spec of a stream that an earlier kernel began: it can be given up, and cannot go on.

    begun: whether any of it is in OSS.
    """
    place, name = pieces_of(spec.store, spec.transfer_id)
    pieces = GoneStream(text, place, name, spec.plan.part_size, begun=begun)
    return StreamSpec(**{one.name: getattr(spec, one.name) for one in fields(spec)}, text=text, pieces=pieces)


def pieces_of(store: Places, known: str) -> tuple[Path, str]:
    """Return where the pieces of a stream lie, and how the names of their folders begin."""
    return store.directory or Path(tempfile.gettempdir()), f"{known}.stream-"
