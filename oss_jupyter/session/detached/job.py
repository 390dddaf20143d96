"""An upload that the host runs, as this kernel sees it: the coordinator of a handle like any other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from oss_jupyter.engine.coordinator import TransferCoordinator
from oss_jupyter.engine.part_detail import PartDetail, part_of
from oss_jupyter.engine.spec import TransferSpec
from oss_jupyter.errors import OssJupyterError, TransferStateError
from oss_jupyter.model.progress import AnyReceipt, Snapshot
from oss_jupyter.model.states import State
from oss_jupyter.model.waiting_list import Kind, Turn
from oss_jupyter.session.detached.link import HostGone, ask
from oss_jupyter.session.detached.values import HostedView

if TYPE_CHECKING:
    from oss_jupyter.engine.job import AnyJob
    from oss_jupyter.engine.transfer_queue import TransferQueue
    from oss_jupyter.model.record import CheckpointRecord


class HostedJob(TransferCoordinator):
    """Shows what the host told last and hands on what is asked. JobStatus's lock guards _seen and _gone, too."""

    apart = True

    def __init__(self, spec: TransferSpec, queue: TransferQueue[AnyJob], seen: HostedView) -> None:
        super().__init__(replace(spec, wait_at_exit=False), queue)
        self._seen = seen
        self._gone = False

    @property
    def gone(self) -> bool:
        """Whether the host has ended without a word of how this one did."""
        with self._changed:
            return self._gone

    def show(self, seen: HostedView) -> None:
        """Show what the host tells."""
        with self._changed:
            before, self._seen = self._seen, seen
            if seen.rest is not None and seen.rest != before.rest:
                self._come_to_rest()
        if (before.rest, before.snapshot.version, before.snapshot.state) != (
            seen.rest,
            seen.snapshot.version,
            seen.snapshot.state,
        ):
            self.tell()

    def show_gone(self) -> None:
        """Show that the host has ended: what had not ended rests, and is on the disk."""
        with self._changed:
            if self._gone or self._seen.snapshot.state.ended_for_good:
                return
            self._gone = True
            state = State.INTERRUPTED
            self._seen = replace(self._seen, snapshot=replace(self._seen.snapshot, state=state), rest=0)
            self._come_to_rest()
        self.tell()

    def look(self) -> HostedView:
        """Ask the host how it stands, and return it."""
        try:
            views = {view.snapshot.id: view for view in ask("views")}
            if self.id in views:
                self.show(views[self.id])
            else:
                self.show_gone()
        except HostGone:
            self.show_gone()
        with self._changed:
            return self._seen

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.snapshot().state

    @property
    def resting(self) -> bool:
        """Whether nothing happens unless somebody asks."""
        return self.rest is not None

    @property
    def rest(self) -> int | None:
        """The number of times it has come to rest, while it rests; None while it moves."""
        with self._changed:
            return None if self._seen.rest is None else self._audience.rests

    @property
    def error(self) -> OssJupyterError | None:
        """Why it failed; else None."""
        with self._changed:
            return self._seen.error

    @property
    def limit(self) -> float | None:
        """Its own speed limit in bytes per second, or None."""
        return self.snapshot().limit_bytes_per_second

    def snapshot(self) -> Snapshot:
        """Return how it stood when the host told last, not half a second ago."""
        with self._changed:
            seen = self._seen.snapshot
            return replace(seen, notes=(*seen.notes, *self._notes.texts()), detached=True)

    def part(self, number: int) -> PartDetail:
        """Return what the host told last of a part: of one that has ended, not how. Raises IndexError."""
        return part_of(self.snapshot(), number)

    def parallel_wanted(self) -> tuple[int | None, bool]:
        """Return what the user wants, None to follow the line, and whether there is a speed limit of its own."""
        now = self.snapshot()
        return now.parallel_wanted, now.limit_bytes_per_second is not None

    def pause(self) -> None:
        """Stop sending within a second and keep every finished part."""
        self._ask("verb", verb="pause", values={})

    def resume(self) -> None:
        """Carry on, or queue; harmless while it runs."""
        self._ask("verb", verb="resume", values={})

    def abort(self, *, keep_parts: bool) -> None:
        """Give the upload up, for good."""
        self._ask("verb", verb="abort", values={"keep_parts": keep_parts})

    def set_parallel(self, parallel: int | None) -> None:
        """Change how many parts are on the wire at once."""
        self._ask("pace", dial="parallel", value=parallel)

    def set_limit(self, bytes_per_second: float | None) -> None:
        """Change its own speed limit."""
        self._ask("pace", dial="limit", value=bytes_per_second)

    def sign_anew(self, anew: dict[str, Any]) -> None:
        """Hand it other credentials, or the name of another profile."""
        self._ask("sign", anew=anew)

    def outcome(self) -> AnyReceipt:
        """Return the receipt; raise why there is none."""
        now = self.look()
        if now.snapshot.receipt is not None:
            return now.snapshot.receipt
        raise now.error or TransferStateError(
            f"The upload {self.id} is {now.snapshot.state}, so it has no result.",
            f'If it can be resumed: oj.resume("{self.id}")',
            safe=self.what_is_kept(now.snapshot),
        )

    def go(self, spec: TransferSpec) -> bool:
        """Carry on there; return False where it is over."""
        now = self.look()
        if now.snapshot.state.ended_for_good or self.gone:
            return False
        self.resume()
        return True

    def retire(self) -> bool:
        """Leave the place to a new transfer; return False where this one is not over."""
        return self.gone or self.look().snapshot.state.ended_for_good

    def turn(self) -> tuple[Turn, Kind]:
        """Return that it has none here."""
        return Turn.NONE, self.spec.kind

    def stop_for_exit(self) -> None:
        """Go on: this is what it is for."""

    def unseen_error(self) -> OssJupyterError | None:
        """Return nothing: the next kernel tells it."""
        return None

    def share_limit(self, bytes_per_second: float | None) -> None:
        """Leave the limit of all to the host."""

    def found(self, spec: TransferSpec, record: CheckpointRecord, *, elsewhere: bool) -> None:
        """Believe the host rather than the disk."""

    def _may_be_left(self) -> bool:
        return self._seen.rest is not None and self._audience.knows(self._spec.clock.monotonic())

    def _ask(self, question: str, **values: Any) -> None:
        try:
            ask(question, transfer_id=self.id, **values)
        except HostGone:
            self.show_gone()
            raise
        self.look()
