"""What all uploads have in common that the host runs, as a kernel sees them: it shows what was told, and hands on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from oss_jupyter.engine.job import AnyJob, JobCoordinator
from oss_jupyter.engine.job_status import S
from oss_jupyter.errors import OssJupyterError, TransferStateError
from oss_jupyter.model.progress import AnyReceipt, Snapshot
from oss_jupyter.model.states import State
from oss_jupyter.model.waiting_list import Kind, Turn
from oss_jupyter.session.detached.link import HostGone, HostSilent, ask, last_word_of
from oss_jupyter.session.detached.values import HostedView
from oss_jupyter.session.text import in_a_word
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from oss_jupyter.engine.transfer_queue import TransferQueue

_TOLD_WHY = (State.FAILED, State.COMPLETED_WITH_ERRORS)


class Hosted(JobCoordinator[S]):
    """Shows what the host told last and hands on what is asked. JobStatus's lock guards _seen and _gone, too.

    again: hands it to another host, where its own has ended.
    """

    apart = True

    def __init__(
        self, spec: S, queue: TransferQueue[AnyJob], seen: HostedView, again: Callable[[AnyJob], None]
    ) -> None:
        super().__init__(replace(spec, wait_at_exit=False), queue)
        self._seen = self._at_hand(seen)
        self._gone = False
        self._again = again

    @property
    def gone(self) -> bool:
        """Whether the host has ended without a word of how this one did."""
        with self._changed:
            return self._gone

    @property
    def seen(self) -> HostedView:
        """What the host told last."""
        with self._changed:
            return self._seen

    @property
    def serial(self) -> int:
        """Of what was told last."""
        return self.seen.serial

    def show(self, seen: HostedView) -> None:
        """Show what the host tells."""
        with self._changed:
            before = self._seen
            if seen.serial <= before.serial:  # another thread has asked since
                return
            self._seen, self._gone = self._at_hand(seen), False
            if seen.rest is not None and seen.rest != before.rest:
                self._come_to_rest()
        self.tell()

    def show_gone(self) -> None:
        """Show that the host has ended: how this one did as far as it told, else that it lies on the disk."""
        told = last_word_of(self.id)
        if told is not None:
            self.show(told)
        with self._changed:
            if self._gone or self._seen.snapshot.state.ended_for_good:
                return
            self._gone = True
            if self._seen.snapshot.state in _TOLD_WHY:
                return
            interrupted = replace(self._seen.snapshot, state=State.INTERRUPTED)
            self._seen = replace(self._seen, snapshot=interrupted, rest=-1, serial=-1)
            self._come_to_rest()
        self.tell()

    def look(self) -> HostedView:
        """Ask the host how it stands, and return it."""
        try:
            views = ask("views", seen={self.id: self.serial}, others=False)
            if self.id not in views:
                self.show_gone()
            elif views[self.id] is not None:
                self.show(views[self.id])
        except HostGone:
            self.show_gone()
        except HostSilent:  # it stands as it was seen last, as far as anybody knows
            pass
        return self.seen

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.seen.snapshot.state

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
    def failure(self) -> OssJupyterError | None:
        """Why it failed; else None."""
        return self.seen.error

    @property
    def error(self) -> OssJupyterError | None:
        """Why it failed; else None."""
        return self.failure

    @property
    def limit(self) -> float | None:
        """Its own speed limit in bytes per second, or None."""
        return self.snapshot().limit_bytes_per_second

    def snapshot(self) -> Snapshot:
        """Return how it stood when the host told last, not half a second ago."""
        with self._changed:
            seen, spell = self._seen.snapshot, self._spec.spell
            error = self._seen.error.four_lines(spell) if self._seen.error else None
            notes = tuple(map(spell, (*seen.notes, *self._notes.texts())))
            return replace(seen, notes=notes, error=error, detached=True)

    def parallel_wanted(self) -> tuple[int | None, bool]:
        """Return what the user wants, None to follow the line, and whether there is a speed limit of its own."""
        now = self.snapshot()
        return now.parallel_wanted, now.limit_bytes_per_second is not None

    def pause(self) -> None:
        """Stop sending within a second and keep every finished part."""
        self._ask("verb", verb="pause", values={})

    def resume(self) -> None:
        """Carry on, or queue; harmless while it runs. Where its host has ended, another one takes it over."""
        if not self.gone:
            try:
                self._ask("verb", verb="resume", values={})
            except HostGone:
                pass
            else:
                return
        self._again(self)

    def abort(self, *, keep_parts: bool) -> None:
        """Give the upload up, for good."""
        self._ask("verb", verb="abort", values={"keep_parts": keep_parts})

    def set_parallel(self, parallel: int | None) -> None:
        """Change how many parts are on the wire at once."""
        self._ask("pace", dial="parallel", value=parallel)

    def set_limit(self, bytes_per_second: float | None) -> None:
        """Change its own speed limit."""
        self._ask("pace", dial="limit", value=bytes_per_second)

    def wait(self, timeout: float | None) -> bool:
        """Wait until it rests and return whether it does; `timeout` in seconds."""
        if timeout != 0 and self.resting and not self.state.ended_for_good:
            self.look()  # another kernel may have let it go on
        return super().wait(timeout)

    def outcome(self) -> AnyReceipt:
        """Return the receipt; raise why there is none."""
        now = self.look()
        if now.snapshot.receipt is not None:
            return now.snapshot.receipt
        raise now.error or TransferStateError(
            tr(
                "The upload {id} is {state}, so it has no result.",
                id=self.id,
                state=in_a_word(now.snapshot.state),
            ),
            tr('If it can be resumed: oj.resume("{id}")', id=self.id),
            safe=self.what_is_kept(now.snapshot),
        )

    def go(self, spec: S) -> bool:
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

    def read(self, what: str, *values: Any) -> Any:
        """Return what only the host knows. Raises HostGone, HostSilent."""
        return ask("read", transfer_id=self.id, what=what, values=values)

    def anew(self, **given: Any) -> None:
        """Let it go on with what is given anew. Raises as the host does."""
        self._ask("anew", **given)

    def _at_hand(self, seen: HostedView) -> HostedView:
        """Return a view whose receipt reaches what it is about from this kernel."""
        receipt = seen.snapshot.receipt
        if receipt is None:
            return seen
        return replace(seen, snapshot=replace(seen.snapshot, receipt=self._own(receipt)))

    def _own(self, receipt: AnyReceipt) -> AnyReceipt:
        raise NotImplementedError

    def _may_be_left(self) -> bool:
        return self._seen.rest is not None and self._audience.knows(self._spec.clock.monotonic())

    def _ask(self, question: str, **values: Any) -> None:
        try:
            self.show(ask(question, transfer_id=self.id, **values))
        except HostGone:
            self.show_gone()
            raise
