"""Carry on with an unfinished upload of which no checkpoint tells: what its parts have in common with a file is kept.

The new checkpoint names the upload id and no part; the run finds the parts at the service, and proves each by CRC-64.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from oss_jupyter.errors import InputError, TransferBusy
from oss_jupyter.model.found_parts import part_size_of
from oss_jupyter.model.leftover import Leftover, Owner
from oss_jupyter.model.target import Target
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.names import printable
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from oss_jupyter.engine.transfer import Transfer
    from oss_jupyter.oss.control import SdkControl
    from oss_jupyter.session.session import Session


def adopt(
    session: Session,
    control: SdkControl,
    bucket: str,
    one: Leftover,
    file: str | os.PathLike[str],
    reach: dict[str, Any],
) -> Transfer:
    """Return the transfer that goes on with an upload. reach: how the service is reached, as in `upload`.

    Raises InputError where its parts cannot be those of the file, or a checkpoint knows another upload of it,
    TransferBusy where a kernel of this computer sends it.
    """
    if one.owner is Owner.LIVE:
        raise TransferBusy(
            tr("A kernel of this computer is sending {key}.", key=printable(one.key)), tr("Let it, or pause it there.")
        )
    target = Target(bucket, one.key)
    part_size = part_size_of(control.list_parts(target, one.upload_id))
    if part_size is None:
        raise _no_parts_of(one, tr("it has no part yet, or parts of several sizes"))
    arguments = UploadArguments.of(part_size=part_size, **{name: value for name, value in reach.items() if value})
    spec = session.wiring.spec(file, str(target), arguments)
    if spec.plan.single or spec.plan.part_size != part_size:
        raise _no_parts_of(one, tr("its parts are larger than the file, or too small for it"))
    journal, record = spec.store.open(spec.transfer_id)
    try:
        if record is not None and record.header.upload_id not in ("", one.upload_id):
            raise InputError(
                tr("A checkpoint here knows another unfinished upload of this file."),
                tr("Resume that one, or abort it first; oj.transfers() shows all."),
            )
        if record is None or not record.header.upload_id:
            journal.start(replace(spec.header(spec.source.fingerprint()), upload_id=one.upload_id))
    finally:
        journal.close()
    return session.begin(spec, arguments)


def _no_parts_of(one: Leftover, why: str) -> InputError:
    return InputError(
        tr(
            "The upload {upload_id} of {key} cannot be carried on with: {why}.",
            upload_id=one.upload_id,
            key=printable(one.key),
            why=why,
        ),
        tr("Upload the file anew, and remove this upload."),
    )
