"""What is not lost when a transfer stops: one sentence for the second line of an error, true in every state."""

from __future__ import annotations

from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.sizes import count


def what_is_kept(now: Snapshot) -> str:
    """Return what of a transfer that stopped counts when it is resumed."""
    if now.upload_id:
        place = "" if now.checkpoint else " for as long as this kernel lives"
        if not now.resumable:
            parts = now.parts_kept + now.parts_done
            return f"{count(parts, 'part')} of it in OSS are kept{place}." if parts else "Nothing of it is in OSS."
        kept = f"{now.parts_kept + now.parts_done:,} of {now.parts_total:,} parts are kept"
        return f"{kept}{place}; resume sends the rest."
    if now.parts_total > 1 or now.open_ended:
        return "Nothing was sent."  # parts need an upload id
    if now.written:
        return "What it was written to is kept; it is sent in one piece when you resume."
    return "The file is untouched; it is sent in one piece when you resume."


def what_is_left(now: Snapshot, *, parts_kept: bool) -> str:
    """Return what an abort has left; `parts_kept` says that it was asked to leave the parts."""
    file = untouched(now)
    if not now.upload_id:
        return f"{file[0].upper()}{file[1:]}." if file else "Nothing of it was in OSS."
    if not parts_kept:
        return f"Its parts were removed from OSS{file and f'; {file}'}."
    kept = f"{now.parts_kept + now.parts_done:,} of {now.parts_total:,} parts"
    return f"{kept} stay in OSS, where they are billed until they are used or removed."


def untouched(now: Snapshot) -> str:
    """Return what giving it up means for what was sent, as the end of a sentence; a stream has nothing left."""
    if now.open_ended:
        return ""
    if now.files is not None:
        return "the local files are untouched"
    return "what it was written to is removed" if now.written else "the file is untouched"
