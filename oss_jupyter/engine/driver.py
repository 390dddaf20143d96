"""What every run has in common, of one file or of many: from its first step to its end, on a thread of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from oss_jupyter.engine.job import AnyJob
from oss_jupyter.engine.scarcity import Scarcity
from oss_jupyter.engine.service_requests import Interrupted, ServiceRequests
from oss_jupyter.errors import OssJupyterError, PartStopped, Shortage
from oss_jupyter.model.ending import ending_of
from oss_jupyter.model.lifecycle import Command
from oss_jupyter.model.progress import Phase
from oss_jupyter.model.shortage import shortage_of
from oss_jupyter.model.states import Event, State
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from oss_jupyter.engine.job_status import JobStatus
    from oss_jupyter.model.progress import AnyReceipt

J = TypeVar("J", bound=AnyJob)

# Where the user's change of mind can find a run that begins again.
_BACK_TO_RUNNING = {
    State.WAITING_FOR_CREDENTIALS: Event.CREDENTIALS_RENEWED,
    State.COMPLETING: Event.PARTS_MISSING,
}


@dataclass(frozen=True)
class Ending:
    """How a run ends. `obeyed`: the command it was about, which may be another by now."""

    event: Event
    obeyed: Command
    error: OssJupyterError | None = None
    receipt: AnyReceipt | None = None


class Driver(Generic[J]):
    """Call it once, on a new thread; it leaves through the job's `end`, whatever happens."""

    def __init__(self, job: J) -> None:
        self._job = job
        self._events = job.events
        self._requests = ServiceRequests(job, job.events)
        self._scarcity = Scarcity(job)

    def __call__(self) -> None:
        """Run to the end. Raises nothing."""
        try:
            while not self._once():
                pass
        except BaseException as failure:
            # Whatever it was, and wherever: a job that does not end would be waited for for ever.
            self._job.give_up(self._events, unexpected(failure))

    def _life(self) -> Ending:
        """Do the work. Raises Interrupted as soon as the user wants something else, or what stands in the way."""
        raise NotImplementedError

    def _obey(self, command: Command) -> Ending:
        """Do what the user wants instead of going on. Raises Interrupted."""
        raise NotImplementedError

    def _failed(self, error: OssJupyterError, command: Command) -> Ending:
        """Say what is safe."""
        raise NotImplementedError

    def _let_go(self) -> None:
        """Let go of the lock and of whatever else is held."""
        raise NotImplementedError

    def _once(self) -> bool:
        """Return whether the run is over; it is not when the user changed their mind at the last moment."""
        back = _BACK_TO_RUNNING.get(self._job.state)
        if back is not None:
            self._job.move(back)
        self._job.begun()
        try:
            with self._letting_go():
                ending = self._ending(self._job.command())
        except Interrupted:  # once more, while the one before was being obeyed
            return False
        except Shortage as shortage:
            with suppress(Interrupted):
                self._requests.sleep(self._scarcity.wait_seconds(shortage))
            return False
        return self._job.end(ending.event, ending.obeyed, error=ending.error, receipt=ending.receipt)

    @contextmanager
    def _letting_go(self) -> Iterator[None]:
        """Let go of lock and connections at the end, before anybody is told: who waits for them finds them free."""
        try:
            yield
        finally:
            self._let_go()
            self._requests.close()

    def _ending(self, command: Command) -> Ending:
        try:
            return self._life()
        except (Interrupted, PartStopped):
            command = self._job.command()
            if command.goes_on:
                raise Interrupted from None
            return self._obey(command)
        except BaseException as failure:  # a provider or a callback may well raise SystemExit
            error = failure if isinstance(failure, OssJupyterError) else unexpected(failure)
            return self._without_room(error, command) if isinstance(error, Shortage) else self._failed(error, command)

    def _without_room(self, shortage: Shortage, command: Command) -> Ending:
        """Raise it where it is put up with; a wish that needs no room is obeyed all the same."""
        wanted = self._job.command()
        if wanted.only_stops:
            return self._obey(wanted)
        if self._scarcity.bears():
            raise shortage from None
        return self._failed(shortage, command)

    def _wait_for_earlier(self) -> None:
        """Begin when the uploads of the same source that are being aborted have let go of the checkpoint."""
        while (earlier := self._job.earlier) is not None:
            earlier.on_change(self._events.notify)
            self._wait_for(earlier)
            self._job.earlier = earlier.earlier  # it may have been given up while it waited itself

    def _wait_for(self, earlier: JobStatus[Any]) -> None:
        while not earlier.resting:
            self._job.set_phase(Phase.WAITING_FOR_EARLIER)
            self._events.wait_until(lambda: earlier.resting)
            # An abort waits as well: parts that the earlier one keeps are for this one to remove.
            if self._job.command().only_stops:
                raise Interrupted


def unexpected(error: BaseException) -> OssJupyterError:
    """Return what a foreign exception means that nobody has expected; its text may hold a URL, so it is not used."""
    return (
        shortage_of(error)
        or ending_of(error)
        or OssJupyterError(
            tr("Something went wrong inside oss_jupyter ({kind}).", kind=type(error).__name__),
            tr("Resume the upload; if it happens again, please report it."),
            safe=tr("Nothing was changed on this computer, and what the checkpoint knows is kept."),
            code="Unexpected",
        )
    )
