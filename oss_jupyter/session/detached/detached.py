"""The uploads of this kernel's user that the host runs: handing one over, and finding them again."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from oss_jupyter.engine.dataset.spec import DatasetSpec
from oss_jupyter.engine.job import AnyJob
from oss_jupyter.engine.manager import Manager
from oss_jupyter.engine.spec import TransferSpec
from oss_jupyter.engine.threads import start_thread
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import OssJupyterError, TransferStateError
from oss_jupyter.model.arguments import AnewOptions, UploadOptions
from oss_jupyter.model.states import State
from oss_jupyter.session.detached.hosted import Hosted
from oss_jupyter.session.detached.job import hosted_job
from oss_jupyter.session.detached.link import HostGone, ask, is_there, start
from oss_jupyter.session.detached.orders import given_in_python, order_of, refused, signs_anew
from oss_jupyter.session.detached.renewing import Renewing
from oss_jupyter.session.detached.values import HostedView, Order
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from oss_jupyter.engine.transfer_queue import TransferQueue

_LOOK_SECONDS = 0.4
# A kernel's own run lets go of its checkpoint so fast, before the host can have it.
_PAUSE_SECONDS = 30.0


class Detached:
    """`_lock` guards _watching, whether a thread looks at the host, which it does while something moves there.

    is_host: this is the process that outlives kernels, which asks nobody.
    """

    def __init__(self, settings: OssJupyter, manager: Manager, *, is_host: bool = False) -> None:
        self._settings = settings
        self._is_host = is_host
        self._manager = manager
        self._renewing = Renewing()
        self._lock = threading.Lock()
        self._watching = False

    def wanted(self, given: UploadOptions) -> bool:
        """Whether an upload is to outlive its kernel. Raises InputError where none can here."""
        if not given.get("detach", self._settings.detach):
            return False
        if os.name == "nt":
            raise refused(tr("detach is not there on Windows."), tr("Leave it out (detach=False)."))
        if given.get("executor") is not None:
            raise refused(
                tr("An executor ends with its kernel, so its upload cannot outlive that."),
                tr("Leave the executor out, or detach (detach=False)."),
            )
        return True

    def upload(self, spec: TransferSpec | DatasetSpec) -> Transfer:
        """Hand an upload over to the host and return its handle. Raises InputError, OssJupyterError."""
        order = order_of(spec, self._settings)
        self._bring_to_rest(spec.transfer_id)
        transfer = self._show(spec, self._hand_over(order, spec))
        coordinator_of(transfer).handed = True
        return transfer

    def carry_on(self, job: AnyJob) -> None:
        """Hand over an upload whose host has ended, or which lies on the disk and was begun in one."""
        order = replace(order_of(job.spec, self._settings), resumes=True)
        view = self._hand_over(order, job.spec)
        if isinstance(job, Hosted):
            job.show(view)
            self._manager.take(lambda queue: job)
            self._watch()
        else:
            self._show(job.spec, view)

    def give_anew(self, job: Hosted[Any], anew: AnewOptions) -> None:
        """Let an upload of the host's go on with what is given anew. Raises CredentialsError, InputError."""
        signs = signs_anew(anew)
        rest = {name: value for name, value in anew.items() if name not in ("credentials", "profile")}
        if signs is not None:
            self._renewing.given(job.id, anew.get("credentials"), signs)
        job.anew(anew=rest, signs=signs)

    def set_for_all(self, name: str, value: Any) -> None:
        """Tell the host, if there is one, of a setting that counts for all uploads together."""
        if self._may_be_there():
            with suppress(OssJupyterError):
                ask("settings", settings={name: value})

    def adopt(self) -> set[str]:
        """Show what the host runs in place of what the disk tells of it; it costs a look at the disk where none is.

        Return the checkpoint directories of what it runs and nobody has found on the disk.
        """
        if not self._may_be_there():
            return set()
        known = {transfer.id: transfer for transfer in self._manager.transfers()}
        jobs = {key: coordinator_of(transfer) for key, transfer in known.items()}
        seen = {key: job.serial for key, job in jobs.items() if isinstance(job, Hosted)}
        with suppress(OssJupyterError):
            views: dict[str, HostedView | None] = ask("views", seen=seen, others=True)
            for key in views.keys() & jobs.keys():
                self._adopt_one(jobs[key], views[key])
            told = {key: view for key, view in views.items() if view is not None}
            self._renewing.look(told.values())
            unknown = (view for key, view in told.items() if key not in jobs)
            return {view.checkpoint_dir for view in unknown if not view.snapshot.state.ended_for_good}
        return set()

    def leave_gone(self) -> None:
        """Let what a host has left behind be looked at on the disk; one that failed keeps its reason."""
        self._look_once()
        for transfer in self._manager.transfers():
            job = coordinator_of(transfer)
            if isinstance(job, Hosted) and job.gone and transfer.state is State.INTERRUPTED:
                self._manager.lay_down(transfer)

    def _may_be_there(self) -> bool:
        return not self._is_host and is_there()

    def _adopt_one(self, job: AnyJob, view: HostedView | None) -> None:
        if view is None:
            return
        if isinstance(job, Hosted):
            job.show(view)
        elif job.resting and not job.state.ended_for_good and not view.snapshot.state.ended_for_good:
            self._show(job.spec, view)

    def _hand_over(self, order: Order, spec: TransferSpec | DatasetSpec) -> HostedView:
        self._renewing.given(order.transfer_id, given_in_python(spec), order.signs)
        start()
        try:
            view: HostedView = ask("upload", order=order)
        except HostGone:  # it was about to end
            start()
            view = ask("upload", order=order)
        return view

    def _bring_to_rest(self, transfer_id: str) -> None:
        """Let go of an upload that runs here: it goes on in the host with what is in OSS."""
        known = next((one for one in self._manager.transfers() if one.id == transfer_id), None)
        if known is not None and not coordinator_of(known).apart and not coordinator_of(known).resting:
            with suppress(TransferStateError):  # it has ended meanwhile
                known.pause()
            known.wait(_PAUSE_SECONDS)

    def _show(self, spec: TransferSpec | DatasetSpec, view: HostedView) -> Transfer:
        known = next((one for one in self._manager.transfers() if one.id == spec.transfer_id), None)
        job = coordinator_of(known) if known is not None else None
        if known is not None and isinstance(job, Hosted) and not job.state.ended_for_good:
            job.renew_spec(replace(spec, wait_at_exit=False))
            job.show(view)
            self._watch()
            return known

        def made(queue: TransferQueue[AnyJob]) -> AnyJob:
            return hosted_job(spec, queue, view, self.carry_on)

        transfer = self._manager.take(made)
        self._watch()
        return transfer

    def _watch(self) -> None:
        with self._lock:
            begins, self._watching = not self._watching, True
        if begins:
            start_thread(self._look, "oss-hosted")

    def _look(self) -> None:
        while self._still():
            self._look_once()
            time.sleep(_LOOK_SECONDS)

    def _look_once(self) -> None:
        """Ask once how all of them stand; those that nobody answers for are gone."""
        jobs = {job.id: job for job in self._jobs()}
        if not jobs:
            return
        views: dict[str, HostedView | None] = {}
        try:
            views = ask("views", seen={key: job.serial for key, job in jobs.items()}, others=False)
        except HostGone:
            pass
        except OssJupyterError:  # it does not answer, or is another version's
            return
        for key, job in jobs.items():
            view = views.get(key)
            if key not in views:
                job.look()
            elif view is not None:
                job.show(view)
        self._renewing.look(job.seen for job in jobs.values())

    def _still(self) -> bool:
        jobs = self._jobs()
        with self._lock:
            self._watching = bool(jobs)
            return self._watching

    def _jobs(self) -> list[Hosted[Any]]:
        jobs = [coordinator_of(transfer) for transfer in self._manager.transfers()]
        return [one for one in jobs if isinstance(one, Hosted) and not one.gone and not one.state.ended_for_good]
