"""What is not lost when a transfer stops: one sentence for the second line of an error, true in every state."""

from __future__ import annotations

from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.sizes import count
from oss_jupyter.texts import tr


def what_is_kept(now: Snapshot) -> str:
    """Return what of a transfer that stopped counts when it is resumed."""
    if now.upload_id:
        return _parts_kept(now) if now.resumable else _parts_left(now)
    if now.parts_total > 1 or now.open_ended:
        return tr("Nothing was sent.")  # parts need an upload id
    if now.written:
        return tr("What it was written to is kept; it is sent in one piece when you resume.")
    return tr("The file is untouched; it is sent in one piece when you resume.")


def what_is_left(now: Snapshot, *, parts_kept: bool) -> str:
    """Return what an abort has left; `parts_kept` says that it was asked to leave the parts."""
    if not now.upload_id:
        return _untouched(now)
    if not parts_kept:
        file = untouched(now)
        removed = tr("Its parts were removed from OSS.")
        return tr("Its parts were removed from OSS; {file}.", file=file) if file else removed
    return tr(
        "{kept} of {total} parts stay in OSS, where they are billed until they are used or removed.",
        kept=f"{now.parts_kept + now.parts_done:,}",
        total=f"{now.parts_total:,}",
    )


def untouched(now: Snapshot) -> str:
    """Return what giving it up means for what was sent, as the end of a sentence; a stream has nothing left."""
    if now.open_ended:
        return ""
    if now.files is not None:
        return tr("the local files are untouched")
    return tr("what it was written to is removed") if now.written else tr("the file is untouched")


def _untouched(now: Snapshot) -> str:
    """Return the same as a sentence of its own."""
    if now.open_ended:
        return tr("Nothing of it was in OSS.")
    if now.files is not None:
        return tr("The local files are untouched.")
    return tr("What it was written to is removed.") if now.written else tr("The file is untouched.")


def _parts_kept(now: Snapshot) -> str:
    return tr(
        "{kept} of {total} parts are kept; resume sends the rest."
        if now.checkpoint
        else "{kept} of {total} parts are kept for as long as this kernel lives; resume sends the rest.",
        kept=f"{now.parts_kept + now.parts_done:,}",
        total=f"{now.parts_total:,}",
    )


def _parts_left(now: Snapshot) -> str:
    number = now.parts_kept + now.parts_done
    if not number:
        return tr("Nothing of it is confirmed in OSS.")
    return tr(
        "{parts} of it in OSS are kept."
        if now.checkpoint
        else "{parts} of it in OSS are kept for as long as this kernel lives.",
        parts=count(number, "part"),
    )
