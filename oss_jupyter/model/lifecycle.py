"""What a transfer does and what its user wants of it: every order of verbs is decided here, one verb at a time.

A transfer rests, waits for its turn, or runs. A run obeys a command when it gets to it, so between a command and the
end of the run there may be another one. What is possible then:

- Pause and resume may follow each other as fast as anybody likes; the last one counts.
- An abort is final. While it is carried out, only what becomes of the parts may be decided anew: keeping them
  ends an abort that waits for a service which does not answer.
- Whoever uploads the same file again meanwhile gets a new transfer, which begins when this one has ended. This one is
  then retired: its checkpoint is the other's, so it never runs again.
"""

from __future__ import annotations

from enum import Enum

from oss_jupyter.errors import TransferStateError
from oss_jupyter.model.states import Event, State, after, allowed
from oss_jupyter.model.waiting_list import Turn
from oss_jupyter.texts import english, tr

_BEING_ABORTED = {
    Event.PAUSE: english("A transfer that is being aborted cannot be paused."),
    Event.RESUME: english("A transfer that is being aborted cannot be resumed."),
}


class Command(Enum):
    """What the user wants of a run; the run looks at it wherever it waits."""

    GO = "go"
    BEGIN_OVER = "begin over"
    PAUSE = "pause"
    ABORT = "abort"
    ABORT_KEEP_PARTS = "abort, keep parts"

    @property
    def aborts(self) -> bool:
        """Whether the upload is given up."""
        return self in (Command.ABORT, Command.ABORT_KEEP_PARTS)

    @property
    def goes_on(self) -> bool:
        """Whether it is to be carried on with."""
        return self in (Command.GO, Command.BEGIN_OVER)

    @property
    def only_stops(self) -> bool:
        """Whether a run obeys by ending where it stands: it has to open and to ask nothing for that."""
        return self in (Command.PAUSE, Command.ABORT_KEEP_PARTS)


class Lifecycle:
    """The state, the command, and whether there is a run or a wait for one. Not safe for threads: its owner locks.

    A verb raises TransferStateError, with nothing changed, where it cannot be. Whoever asks for one tells the line of
    all uploads what came of it (`turn`): a run begins when that lets it.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self.command = Command.GO
        self.waits = False
        self.running = False
        self.retired = False

    @property
    def turn(self) -> Turn:
        """How it stands in the line of all uploads."""
        if self.running:
            return Turn.LENDS if self.state is State.WAITING_FOR_CREDENTIALS else Turn.HAS
        return Turn.WAITS if self.waits else Turn.NONE

    @property
    def leaving(self) -> bool:
        """Whether an abort is being carried out, or waits for its turn."""
        return (self.running or self.waits) and self.command.aborts

    @property
    def resting(self) -> bool:
        """Whether nothing happens unless somebody asks."""
        return not self.running and not self.waits and self.state is not State.QUEUED

    @property
    def over(self) -> bool:
        """Whether it will never send again, so that uploading the same file needs a new transfer."""
        return self.leaving or self.retired or self.state.ended_for_good or self.state is State.ELSEWHERE

    def pause(self) -> None:
        """Stop sending; harmless where it is paused already."""
        self._check(Event.PAUSE)
        if self.state is State.PAUSED:
            return
        paused = after(self.state, Event.PAUSE)
        if self.running:
            self.command = Command.PAUSE
        else:
            self.state, self.waits = paused, False

    def resume(self) -> None:
        """Go on as soon as it is its turn; harmless where it runs or waits already."""
        self._check(Event.RESUME)
        if not self.running and self.state is not State.QUEUED:
            self.state = after(self.state, Event.RESUME)
        if self.command is not Command.BEGIN_OVER:
            self.command = Command.GO
        self._line_up()

    def begin_over(self) -> None:
        """Let a run that goes on look anew at what there is: something else is asked for."""
        if self.running and self.command is Command.GO:
            self.command = Command.BEGIN_OVER

    def begun(self) -> None:
        """Note that the run is at its beginning."""
        if self.command is Command.BEGIN_OVER:
            self.command = Command.GO

    def abort(self, *, keep_parts: bool) -> None:
        """Give up; harmless where that has been asked already."""
        command = Command.ABORT_KEEP_PARTS if keep_parts else Command.ABORT
        if command is self.command and (self.leaving or self.state is State.ABORTED):
            return
        if not self.leaving:
            self._check(Event.ABORT)
            after(self.state, Event.ABORT)
        self.command = command
        self._line_up()

    def stop(self, command: Command) -> None:
        """Make what runs or waits stop, whatever it does; an abort stays one."""
        if self.leaving:
            return
        if self.running or (self.waits and command.aborts):
            self.command = command
        elif self.waits:
            self.state, self.waits = after(self.state, Event.PAUSE), False

    def begin(self) -> bool:
        """Run, because it is its turn; return False where that is not wanted any more."""
        if not self.waits:
            return False
        self.waits, self.running = False, True
        if not self.command.aborts:
            self.state = after(self.state, Event.START)
        return True

    def put_back(self) -> None:
        """Wait for another turn: this run could not be started."""
        self.waits, self.running = True, False
        if self.state is State.RUNNING:
            self.state = after(self.state, Event.PUT_BACK)

    def move(self, event: Event) -> None:
        """Change the state as the run goes on."""
        self.state = after(self.state, event)

    def end(self, event: Event, obeyed: Command) -> bool:
        """Close the run that obeyed a command; return False, with nothing changed, where it is another by now."""
        if event is Event.ABORT and obeyed is Command.ABORT and self.command.aborts:
            self.command = obeyed  # the parts are gone, whoever would rather keep them
        failed_before_pause = event is Event.FAIL and self.command is Command.PAUSE
        if event is not Event.CONFIRMED and self.command is not obeyed and not failed_before_pause:
            return False
        self.state = after(self.state, event)
        self.running = False
        return True

    def found(self, event: Event) -> bool:
        """Follow what the disk says of one that rests; return whether that moved it."""
        before = self.state
        if not self.running and not self.waits and not self.retired and allowed(before, event):
            self.state = after(before, event)
        return self.state is not before

    def retire(self) -> bool:
        """Leave the place to a new transfer; return False where this one can still do the work."""
        self.retired = self.over
        return self.retired

    def _line_up(self) -> None:
        self.waits = not self.running

    def _check(self, event: Event) -> None:
        if self.leaving:
            advice = tr("Wait until that has ended; then run the upload again.")
            raise TransferStateError(tr(_BEING_ABORTED[event]), advice)
        if self.retired:
            raise TransferStateError(
                tr("The same file was uploaded again since, so this transfer is over."),
                tr("Use the one that the last upload returned; oj.transfers() shows all."),
            )
