"""The uploads of this kernel's user that the host runs: handing one over, and finding them again."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from typing import Any

from oss_jupyter.engine.manager import Manager
from oss_jupyter.engine.spec import TransferSpec
from oss_jupyter.engine.threads import start_thread
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import InputError, OssJupyterError
from oss_jupyter.local.source import FileSource
from oss_jupyter.model.arguments import PLACE_NAMES, AnewOptions, UploadOptions
from oss_jupyter.model.states import State
from oss_jupyter.oss.credentials import credentials_chain
from oss_jupyter.oss.places.environment import Environment
from oss_jupyter.oss.places.found import Credentials
from oss_jupyter.oss.places.given import Given
from oss_jupyter.session.detached.job import HostedJob
from oss_jupyter.session.detached.link import HostGone, ask, is_there, start
from oss_jupyter.session.detached.values import HostedView
from oss_jupyter.session.settings import OssJupyter

_LOOK_SECONDS = 0.4
_OF_THE_KERNEL = ("detach", "on_progress", "executor", "credentials", "checkpoint_dir")


class Detached:
    """`_lock` guards _watching, whether a thread looks at the host, which it does while something moves there, and
    _signed, the credentials that were handed on last, by upload.
    """

    def __init__(self, settings: OssJupyter, manager: Manager) -> None:
        self._settings = settings
        self._manager = manager
        self._lock = threading.Lock()
        self._watching = False
        self._signed: dict[str, tuple[str, ...]] = {}

    def wanted(self, given: UploadOptions) -> bool:
        """Whether an upload is to outlive its kernel. Raises InputError where none can here."""
        if not given.get("detach", self._settings.detach):
            return False
        if os.name == "nt":
            raise _refused("detach is not there on Windows.", "Leave it out.")
        if given.get("executor") is not None:
            raise _refused("An executor ends with its kernel, so its upload cannot outlive that.", "Leave one out.")
        return True

    def upload(self, spec: object, given: UploadOptions) -> Transfer:
        """Hand an upload over to the host and return its handle. Raises InputError, OssJupyterError."""
        if type(spec) is not TransferSpec or not isinstance(spec.source, FileSource) or spec.written:
            raise _refused(
                "Only an upload of one file can outlive its kernel: folders, objects and streams end with it.",
                "Leave detach out, or write it to one file and upload that.",
            )
        known = next((one for one in self._manager.transfers() if one.id == spec.transfer_id), None)
        if known is not None and not coordinator_of(known).resting:
            return known
        values: dict[str, Any] = {
            "source": str(spec.source.path),
            "target": str(spec.target),
            "given": self._handed(spec, given),
            "settings": self._of_host(),
            "from_environment": given.get("credentials") is None and not spec.profile and _environment() is not None,
        }
        try:
            start()
            ask("upload", **values)
        except HostGone:  # it was about to end
            start()
            ask("upload", **values)
        view = next(view for view in ask("views") if view.snapshot.id == spec.transfer_id)
        return self._show(spec, view)

    def handed_anew(self, anew: AnewOptions) -> dict[str, Any]:
        """Return what is given anew, as it can be handed over. Raises CredentialsError."""
        credentials = anew.get("credentials")
        handed: dict[str, Any] = dict(anew)
        return handed | ({"credentials": in_values(Given(credentials).find())} if credentials is not None else {})

    def adopt(self) -> None:
        """Show what the host runs in place of what the disk tells of it; it costs a look at the disk where none is."""
        if not is_there():
            return
        with suppress(OssJupyterError):
            views = {view.snapshot.id: view for view in ask("views")}
            for transfer in self._manager.transfers():
                job = coordinator_of(transfer)
                if transfer.id not in views or type(job.spec) is not TransferSpec:
                    continue
                if isinstance(job, HostedJob):
                    job.show(views[transfer.id])
                elif job.resting and not transfer.state.ended_for_good:
                    self._show(job.spec, views[transfer.id])
            for view in views.values():
                if view.from_environment and view.snapshot.state is State.WAITING_FOR_CREDENTIALS:
                    self._sign(view.snapshot.id)

    def _sign(self, transfer_id: str) -> None:
        """Hand on the credentials in the environment of now, once: the same ones again would expire again."""
        found = _environment()
        values = in_values(found) if found else None
        with self._lock:
            new = values is not None and self._signed.get(transfer_id) != values
            if values is not None:
                self._signed[transfer_id] = values
        if new:
            ask("sign", transfer_id=transfer_id, anew={"credentials": values})

    def leave_gone(self) -> None:
        """Take what a host has left behind off the list, so that it is found on the disk."""
        for transfer in self._manager.transfers():
            job = coordinator_of(transfer)
            if isinstance(job, HostedJob) and not transfer.state.ended_for_good:
                job.look()
                if job.gone:
                    self._manager.drop(transfer)

    def _show(self, spec: TransferSpec, view: HostedView) -> Transfer:
        transfer = self._manager.take(lambda queue: HostedJob(spec, queue, view))
        self._watch()
        return transfer

    def _watch(self) -> None:
        with self._lock:
            begins, self._watching = not self._watching, True
        if begins:
            start_thread(self._look, "oss-hosted")

    def _look(self) -> None:
        while self._still():
            views: dict[str, HostedView] = {}
            with suppress(OssJupyterError):
                views = {view.snapshot.id: view for view in ask("views")}
            for job in self._jobs():
                if job.id in views:
                    job.show(views[job.id])
                else:
                    job.look()
            time.sleep(_LOOK_SECONDS)

    def _still(self) -> bool:
        jobs = self._jobs()
        with self._lock:
            self._watching = bool(jobs)
            return self._watching

    def _jobs(self) -> list[HostedJob]:
        jobs = [coordinator_of(transfer) for transfer in self._manager.transfers()]
        return [one for one in jobs if isinstance(one, HostedJob) and not one.gone and not one.state.ended_for_good]

    def _handed(self, spec: TransferSpec, given: UploadOptions) -> dict[str, Any]:
        """Return the arguments as they mean the same in the host, with credentials that are only in this kernel."""
        handed: dict[str, Any] = {name: value for name, value in given.items() if name not in _OF_THE_KERNEL}
        handed |= {name: value for name, value in spec.place.items() if name in PLACE_NAMES}
        handed["checkpoint_dir"] = str(spec.store.directory) if spec.store.directory else "off"
        credentials = self._credentials(spec, given)
        return handed if credentials is None else handed | {"credentials": in_values(credentials)}

    def _credentials(self, spec: TransferSpec, given: UploadOptions) -> Credentials | None:
        if given.get("credentials") is not None:
            return Given(given["credentials"]).find()
        if spec.profile:
            return None
        return _environment()

    def _of_host(self) -> dict[str, Any]:
        names = self._settings.trait_names(config=True)
        return {name: getattr(self._settings, name) for name in names if name != "detach"}


def _environment() -> Credentials | None:
    """Return the credentials in the environment, where they are the ones that sign: the host does not have them."""
    with suppress(OssJupyterError):  # the host says what is missing
        place, found = credentials_chain().look()
        return found if isinstance(place, Environment) else None
    return None


def in_values(credentials: Credentials) -> tuple[str, ...]:
    """Return credentials as an argument can give them."""
    token = (credentials.security_token,) if credentials.security_token else ()
    return (credentials.access_key_id, credentials.access_key_secret, *token)


def _refused(what: str, advice: str) -> InputError:
    return InputError(what, advice, safe="Nothing was sent.", code="CannotDetach")
