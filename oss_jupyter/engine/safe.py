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
    if now.parts_total > 1:
        return "Nothing was sent."  # parts need an upload id
    return "The file is untouched; it is sent in one piece when you resume."


def what_is_left(now: Snapshot, *, parts_kept: bool) -> str:
    """Return what an abort has left; `parts_kept` says that it was asked to leave the parts."""
    file = "" if now.open_ended else "the file is untouched"
    if not now.upload_id:
        return f"{file.capitalize()}." if file else "Nothing of it was in OSS."
    if not parts_kept:
        return f"Its parts were removed from OSS{file and f'; {file}'}."
    kept = f"{now.parts_kept + now.parts_done:,} of {now.parts_total:,} parts"
    return f"{kept} stay in OSS, where they are billed until they are used or removed."
