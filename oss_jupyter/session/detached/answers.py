"""What the host does when a kernel asks: it has a session like a kernel's, and its uploads are that one's."""

from __future__ import annotations

import os
import pickle
import threading
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from oss_jupyter.engine.dataset.spec import DatasetSpec
from oss_jupyter.engine.dataset.tally import counts_of, failed_file
from oss_jupyter.engine.spec import TransferSpec
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import OssJupyterError, TransferBusy
from oss_jupyter.local.source import FileSource
from oss_jupyter.local.spool import SpoolSource
from oss_jupyter.model.arguments import PLACE_NAMES, AnewOptions
from oss_jupyter.model.dataset import DatasetSource
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.target import Target
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.oss.credentials import CredentialsChain, credentials_chain
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.session.detached.values import VERSION, HostedView, Order, Question, Signs
from oss_jupyter.session.driven import driven_by
from oss_jupyter.session.sandbox_process import sandbox_credentials
from oss_jupyter.session.session import Session
from oss_jupyter.texts import tr

# Of the files that failed, so many are told while a dataset moves; the others when they are asked for, or at its end.
_FAILURES_TOLD = 20
_READ = ("child", "files_at", "failures")


class Answers:
    """Any thread may ask.

    `_lock` guards _views, how each upload was told last, _serial and _renews, ids of uploads that sign with what their
    kernel's environment led to. `_taking` guards _chains, one for all uploads that sign alike, and is held while an
    upload is taken over, because each comes with the settings of its kernel.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._taking = threading.Lock()
        self._views: dict[str, HostedView] = {}
        self._serial = time.time_ns()  # above all that an earlier host has told
        self._renews: set[str] = set()
        self._chains: WeakValueDictionary[object, CredentialsChain] = WeakValueDictionary()

    @property
    def moving(self) -> bool:
        """Whether an upload would go on if nobody asked anything."""
        return any(not transfer.wait(0) for transfer in self._session.manager.transfers())

    def last_word(self) -> bytes:
        """Return how uploads have ended, for a kernel that asks too late."""
        views = {transfer.id: self._view(transfer) for transfer in self._session.manager.transfers()}
        return pickle.dumps((VERSION, {key: view for key, view in views.items() if view.snapshot.state.ended}))

    def to(self, question: Question) -> Any:
        """Return the answer to a question. Raises OssJupyterError."""
        try:
            return getattr(self, f"do_{question.name}")(**question.values)
        except OssJupyterError:
            raise
        except Exception as error:  # its text may quote anything
            raise OssJupyterError(
                tr(
                    "The process that outlives the kernel could not do that: it met a {error}.",
                    error=type(error).__name__,
                ),
                tr("Upload without detach, and please report this."),
                code="HostFailed",
            ) from None

    def do_hello(self) -> int:
        """Tell that it is there: return its process id."""
        return os.getpid()

    def do_views(self, seen: Mapping[str, int], others: bool) -> dict[str, HostedView | None]:
        """Return how uploads stand by their ids, None where nothing has changed since.

        seen: serials of the views that the kernel has. others: those that it has not seen, too.
        """
        views = {}
        for transfer in self._session.manager.transfers():
            if others or transfer.id in seen:
                view = self._view(transfer)
                views[transfer.id] = None if seen.get(transfer.id) == view.serial else view
        return views

    def do_upload_ids(self) -> list[str]:
        """Return the service's ids of what moves here."""
        return driven_by(self._session.manager)

    def do_upload(self, order: Order) -> HostedView:
        """Begin, or carry on with, an upload and return how it stands."""
        with self._taking:
            self._take_settings(order.settings)
            spec = self._signed(self._spec(order), order.reach, order.signs)
            if isinstance(spec, DatasetSpec):  # its files are sent as it is
                spec = self._session.datasets.with_files(spec, self._session.wiring.stores.at(order.checkpoint_dir))
            _write_down(spec)
            transfer = self._resumed(spec) if order.resumes else None
            return self._view(transfer or self._session.begin(spec, UploadArguments()))

    def do_settings(self, settings: Mapping[str, Any]) -> None:
        """Take settings over that count for all uploads."""
        with self._taking:
            self._take_settings(settings)

    def do_verb(self, transfer_id: str, verb: str, values: dict[str, Any]) -> HostedView:
        """Do what a handle does: pause, resume, abort."""
        transfer = self._session.manager.find(transfer_id)
        getattr(transfer, verb)(**values)
        return self._view(transfer)

    def do_pace(self, transfer_id: str, dial: str, value: Any) -> HostedView:
        """Set `limit` or `parallel`."""
        transfer = self._session.manager.find(transfer_id)
        setattr(transfer, dial, value)
        return self._view(transfer)

    def do_anew(self, transfer_id: str, anew: AnewOptions, signs: Signs | None) -> HostedView:
        """Let an upload go on with what is given anew."""
        transfer = self._session.manager.find(transfer_id)
        if anew:
            self._session.give_anew(transfer, anew)
        if signs is not None:
            job = coordinator_of(transfer)
            with self._taking:
                job.renew_spec(self._signed(job.spec, job.spec.control.settings, signs))
        transfer.resume()
        return self._view(transfer)

    def do_read(self, transfer_id: str, what: str, values: tuple[Any, ...]) -> Any:
        """Return what only who runs an upload knows: how single files of a dataset stand."""
        assert what in _READ
        found = getattr(self._session.manager.find(transfer_id), what)
        return found(*values) if callable(found) else found

    def _view(self, transfer: Transfer) -> HostedView:
        job = coordinator_of(transfer)
        rest = job.rest  # before looking, so that what is seen at rest is final
        now = transfer.snapshot()
        told = now if rest is not None else _while_it_moves(now)
        view = HostedView(told, rest, job.failure, checkpoint_dir=str(job.spec.store.directory))
        with self._lock:
            before = self._views.get(transfer.id)
            view = replace(view, renews=transfer.id in self._renews, serial=before.serial if before else 0)
            if view != before:
                self._serial += 1
                view = self._views[transfer.id] = replace(view, serial=self._serial)
        return view

    def _resumed(self, spec: TransferSpec | DatasetSpec) -> Transfer | None:
        """Carry on with a dataset as the disk knows it; return None for a file, of which the run finds out itself."""
        found = self._session.on_disk.found_dataset(spec.transfer_id)
        if found is None or found.record is None or not isinstance(spec, DatasetSpec):
            return None
        failures = map(failed_file, found.failures)
        transfer = self._session.manager.adopt_dataset(spec, found.record, counts_of(found.files), failures)
        coordinator_of(transfer).renew_spec(spec)
        transfer.resume()
        return transfer

    def _take_settings(self, settings: Mapping[str, Any]) -> None:
        for name, value in settings.items():
            if getattr(self._session.settings, name) != value:
                setattr(self._session.settings, name, value)

    def _spec(self, order: Order) -> TransferSpec | DatasetSpec:
        """Return the spec as the kernel has made it, with what of it belongs to this process."""
        session = self._session
        given: dict[str, Any] = {name: getattr(order.reach, name) for name in PLACE_NAMES}
        arguments = UploadArguments.of(**given, checkpoint_dir=order.checkpoint_dir)
        target: Target = order.fields["target"]
        if isinstance(order.source, DatasetSource):
            made = session.datasets.spec(order.source, f"oss://{target.bucket}/{target.key}", arguments)
            return replace(made, **order.fields)
        spooled = order.fields["spooled"]
        file = SpoolSource(Path(order.source), spooled) if spooled else FileSource(order.source)
        plan = order.fields["plan"]
        spec = session.wiring.spec_to(target, file, plan.size, arguments)
        return replace(spec, **{**order.fields, "lane": session.wiring.lane(plan, None)})

    def _signed(self, spec: Any, reach: EndpointSettings, signs: Signs) -> Any:
        """Return a spec whose requests are signed so."""
        who = signs.credentials or sandbox_credentials(reach.url) or self._chain_of(signs)
        with self._lock:
            (self._renews.discard if signs.credentials else self._renews.add)(spec.transfer_id)
        control = self._session.wiring.control(reach, who, None)
        given = signs.credentials is not None
        return replace(spec, control=control, profile=signs.profile, credentials_given=given, detached=True)

    def _chain_of(self, signs: Signs) -> CredentialsChain:
        key = (signs.profile, frozenset(signs.environ.items()))
        known = self._chains.get(key)
        if known is None:
            known = self._chains[key] = credentials_chain(None, signs.profile or None, environ=signs.environ)
        return known


def _while_it_moves(now: Snapshot) -> Snapshot:
    """Return a snapshot that is small enough to be told several times a second."""
    if now.files is None or len(now.files.failures) <= _FAILURES_TOLD:
        return now
    return replace(now, files=replace(now.files, failures=now.files.failures[:_FAILURES_TOLD]))


def _write_down(spec: TransferSpec | DatasetSpec) -> None:
    """Let the disk know of an upload before its turn comes: what waits is there, too, if this process is killed."""
    with suppress(TransferBusy):  # it runs, so all of that is there
        if isinstance(spec, DatasetSpec):
            files, known = spec.store.open(spec.transfer_id)
            with closing(files):
                if known is None or not known.header.detached:
                    files.start(spec.header(spec.clock.time()).driven(spec.limit, spec.parallel))
        else:
            journal, record = spec.store.open(spec.transfer_id, needed=not spec.plan.single)
            with closing(journal):
                if record is None:
                    journal.start(spec.header(spec.source.fingerprint()).driven(spec.limit, spec.parallel))
                elif not record.header.detached:
                    header = replace(record.header, detached=True)
                    journal.start(header, tuple(record.receipts.values()), completing=record.completing)
