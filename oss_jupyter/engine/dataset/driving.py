"""How a dataset is driven while its worker works: connections, speed and credentials, as they are now."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from oss_jupyter.engine.dataset.messages import Keys, ParallelWanted, Width
from oss_jupyter.engine.notes import Lasts
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.lifecycle import Command
from oss_jupyter.model.states import Event, State

if TYPE_CHECKING:
    from oss_jupyter.engine.dataset.children import Children
    from oss_jupyter.engine.dataset.coordinator import DatasetCoordinator
    from oss_jupyter.engine.service_requests import ServiceRequests
    from oss_jupyter.engine.stream import Stream
    from oss_jupyter.model.small_files import SigningKeys

TICK_SECONDS = 0.25
# How old the credentials may be that the worker signs with.
_KEYS_SECONDS = 5.0


class Driving:
    """Hands on what has changed, to the worker and to the transfers of single files. Only the run's thread uses it."""

    def __init__(
        self, job: DatasetCoordinator, requests: ServiceRequests, stream: Stream, children: Children, keys: SigningKeys
    ) -> None:
        self._job = job
        self._requests = requests
        self._stream = stream
        self._children = children
        self._control = job.spec.control
        self._told: dict[str, object] = {"keys": keys}
        self._remarks = self._control.remarks
        self._keys_until = 0.0
        self._ticked_at = 0.0

    def tick(self, now: float) -> bool:
        """Look at everything a few times a second; return whether this was such a time."""
        if now - self._ticked_at < TICK_SECONDS:
            return False
        self._ticked_at = now
        snapshots = self._children.snapshots()
        self._job.book.children(snapshots, now)
        self._job.set_children(self._children.jobs)
        self._show_credentials()
        self._share_connections(sum(child.parallel for child in snapshots.values()))
        self._share_speed()
        self._renew(now)
        return True

    def _show_credentials(self) -> None:
        notes = self._children.notes_of_waiting()
        if notes is not None:
            self._job.book.settle()
        if notes is not None and self._job.state is State.RUNNING:
            for note in notes:
                self._job.note(note, Lasts.THIS_RUN)
            self._job.move(Event.CREDENTIALS_EXPIRED)
        elif notes is None and self._job.state is State.WAITING_FOR_CREDENTIALS:
            self._job.move(Event.CREDENTIALS_RENEWED)
            self._keys_until = 0.0

    def _share_connections(self, of_children: int) -> None:
        job = self._job
        wanted = job.parallel_wanted()[0]
        granted = job.grant(job.book.wanted, elastic=wanted is None)
        job.show_parallel(granted + of_children)
        self._tell("parallel", wanted, ParallelWanted(wanted))
        self._tell("width", granted, Width(granted))
        if job.spec.send_signed is not None:
            job.spec.lane.set_width(job.id, granted)

    def _share_speed(self) -> None:
        sending = self._children.sending
        share = self._job.share
        if share is not None:
            share /= sending + 1
        if self._told.get("share", ...) != (share, sending):
            self._told["share"] = (share, sending)
            spec = self._job.spec
            (spec.worker_lane if spec.send_signed is None else spec.lane).limit(self._job.id, share)
            self._children.share_limit(share)

    def _renew(self, now: float) -> None:
        """Take other credentials, another way to the service, or another time, as soon as there are some."""
        control = self._job.spec.control
        if control.remarks != self._remarks:  # what is said of the clock counts for the worker, too
            self._remarks = control.remarks
            self._job.note_all(self._remarks)
            self._keys_until = 0.0
        if control is not self._control:
            self._control = control
            self._children.renew(lambda child: replace(child, control=control))
            self._keys_until = 0.0
        if now < self._keys_until:
            return
        self._keys_until = now + _KEYS_SECONDS
        # Where there are none now, each file finds out what the old ones are worth.
        with suppress(OssJupyterError), self._requests.briefly(Command.GO):
            keys = self._requests.signing_keys()
            self._tell("keys", keys, Keys(keys))

    def _tell(self, name: str, value: object, message: object) -> None:
        if self._told.get(name, ...) != value:
            self._told[name] = value
            self._stream.send(message)
