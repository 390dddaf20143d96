"""What the page can ask of a finished upload: a link for somebody else, and a cell that reads it back.

A link goes to the page that asked, in the answer, and is kept by nobody here; so both handlers may be asked twice.
"""

from __future__ import annotations

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.errors import InputError
from oss_jupyter.model.progress import AnyReceipt, Receipt, Snapshot
from oss_jupyter.model.reading_formats import KINDS, readers_of
from oss_jupyter.notebook.panel.common.arguments import PageArguments
from oss_jupyter.notebook.panel.common.commands import Reply
from oss_jupyter.texts import tr


def make_link(transfer: Transfer, arguments: PageArguments) -> Reply:
    """Return a link, when it ends in seconds since the epoch, and what may end it earlier."""
    receipt = _receipt(transfer)
    if not isinstance(receipt, Receipt):
        advice = tr('In Python, receipt.signed_url("1h", key="name.csv") links to a file.')
        raise InputError(tr("A dataset has no link of its own."), advice)
    link = receipt.signed_url(arguments.text("expires"))
    return {"text": str(link), "until": int(link.ends_at.timestamp()), "note": link.note}


def make_snippet(transfer: Transfer, arguments: PageArguments) -> Reply:
    """Return the cell, or the command, that reads it back."""
    return {"text": _receipt(transfer).snippet(arguments.text("kind"))}


def kinds_of(snapshot: Snapshot) -> list[str]:
    """Return the kinds of cells that can be asked for; of a dataset it is found out when one is."""
    if snapshot.receipt is None:
        return []
    return list(KINDS if snapshot.files else readers_of(snapshot.target.key))


def _receipt(transfer: Transfer) -> AnyReceipt:
    receipt = transfer.snapshot().receipt
    if receipt is None:
        raise InputError(tr("This upload has not ended."), tr("Wait until it is complete."))
    return receipt
