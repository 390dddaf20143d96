"""What is sent where nobody knows how long it will be."""

from __future__ import annotations

from dataclasses import dataclass

from oss_jupyter.engine.spec import JobSpec, TransferSpec
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.pieces import PieceSource
from oss_jupyter.model.waiting_list import Kind


@dataclass(frozen=True, kw_only=True, repr=False)
class StreamSpec(TransferSpec):
    """A stream to one object. text: what it is, as people read it. pieces: what cuts it; source: where those lie."""

    text: str
    pieces: PieceSource

    @property
    def source_text(self) -> str:
        """What is streamed."""
        return self.text

    @property
    def kind(self) -> Kind:
        """It may become large."""
        return Kind.LARGE

    @property
    def open_ended(self) -> bool:
        """Nobody knows how much will come."""
        return True

    @property
    def unharmed(self) -> str:
        """What comes only once cannot be promised."""
        return ""

    @property
    def stuck(self) -> OssJupyterError | None:
        """Why the stream cannot go on: only another one can."""
        return self.pieces.stuck

    def let_go(self, kept: JobSpec) -> None:
        """Let go of the stream where another one takes its place."""
        if not (isinstance(kept, StreamSpec) and kept.pieces is self.pieces):
            self.pieces.close()
