"""Forgetting an upload here: its checkpoint goes, whatever the service still holds of it, and that is said.

It is for what no abort can reach: a sandbox that has ended, an endpoint, a bucket or credentials that are gone. Without
it such an upload would come back in every kernel. Nobody is asked anything: parts that are there stay, and are billed.
"""

from __future__ import annotations

from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import CheckpointError, TransferBusy, TransferNotFound, TransferStateError
from oss_jupyter.local.found import Found
from oss_jupyter.model.dataset import FilesView
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.sizes import count, format_size
from oss_jupyter.model.states import State
from oss_jupyter.names import printable
from oss_jupyter.session.session import Session
from oss_jupyter.session.text import in_a_word
from oss_jupyter.texts import english, tr

# Nothing is sent, so a transfer that rests ends at once.
_END_SECONDS = 10.0
_HOW_TO_REMOVE = english(
    "Until they are removed they are billed: by a lifecycle rule of the bucket, in the console under Parts, or with: "
    "ossutil ls oss://{bucket} --multipart"
)


def forget(session: Session, text: str) -> str:
    """Remove the record of the upload whose id begins with `text`; return what may stay behind, and how to remove it.

    Raises TransferNotFound, TransferStateError while it runs, TransferBusy, CheckpointForeign, CheckpointNotWritable.
    """
    try:
        transfer = session.find(text)
    except (CheckpointError, TransferNotFound):
        problem = session.on_disk.problem_of(text)
        if problem is None:
            raise
        return _forget_problem(session, problem)
    return _forget_transfer(session, transfer)


def _forget_transfer(session: Session, transfer: Transfer) -> str:
    if transfer.state is State.ELSEWHERE:
        raise TransferBusy(
            tr("Another kernel is sending {id}.", id=transfer.id), tr("Do it there, or stop that kernel.")
        )
    if not transfer.wait(0):
        raise TransferStateError(
            tr("A transfer that is {state} is not forgotten.", state=in_a_word(transfer.state)), tr("Pause it first.")
        )
    now, left = transfer.snapshot(), ""
    if not transfer.state.ended_for_good:
        transfer.abort(keep_parts=True)
        transfer.wait(_END_SECONDS)
        left = _left_of(transfer)
    session.wiring.stores.of(coordinator_of(transfer).spec).remove(transfer.id)
    if left:
        coordinator_of(transfer).note(left)
    return left or tr(
        "{source} is {state}; there was nothing to forget.",
        source=printable(now.source),
        state=in_a_word(transfer.state),
    )


def _forget_problem(session: Session, problem: Found) -> str:
    stores = session.wiring.stores
    for directory in stores.directories():
        for store in (directory, stores.datasets_of(directory)):
            if store.path_of(problem.transfer_id) == problem.path:
                store.remove(problem.transfer_id)
    name, how = problem.path.name, tr(_HOW_TO_REMOVE, bucket="BUCKET")
    if not problem.remnant:
        return tr("Forgotten here: {name}. Parts of an upload that it named may stay in OSS. {how}", name=name, how=how)
    return tr(
        "Forgotten here: {name}. Parts of its {remnant} may stay in OSS. {how}",
        name=name,
        remnant=printable(problem.remnant),
        how=how,
    )


def _left_of(transfer: Transfer) -> str:
    now, spec = transfer.snapshot(), coordinator_of(transfer).spec
    if now.files is not None:
        return _left_of_dataset(now, now.files)
    if not now.upload_id:
        return tr("Forgotten here. Nothing of it was in OSS.")
    return tr(
        "Forgotten here. In OSS {parts} ({size}) of {target} at {host} may stay, under the upload id {upload_id}. {how}"
        if spec.host
        else "Forgotten here. In OSS {parts} ({size}) of {target} may stay, under the upload id {upload_id}. {how}",
        parts=count(now.parts_kept + now.parts_done, "part"),
        host=spec.host,
        upload_id=now.upload_id,
        **_amounts(now),
    )


def _left_of_dataset(now: Snapshot, view: FilesView) -> str:
    if not view.done:
        return tr("Forgotten here. Of {target} parts of unfinished files may stay as well. {how}", **_amounts(now))
    return tr(
        "Forgotten here. {files} ({size}) that were complete stay in OSS. Of {target} parts of unfinished files may "
        "stay as well. {how}",
        files=count(view.done, "file"),
        **_amounts(now),
    )


def _amounts(now: Snapshot) -> dict[str, str]:
    """Return what is told of everything that stays: how large it is, where, and how it is removed."""
    return {
        "size": format_size(now.kept_bytes + now.confirmed_bytes),
        "target": printable(str(now.target)),
        "how": tr(_HOW_TO_REMOVE, bucket=now.target.bucket),
    }
