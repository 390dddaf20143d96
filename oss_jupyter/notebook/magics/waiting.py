"""Waiting in a cell for an upload that runs behind it: the upload does not care whether somebody waits."""

from __future__ import annotations

from oss_jupyter.engine.reporter import Reporter
from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.notebook.magics.showing import in_notebook, mark_shown, show
from oss_jupyter.session.interrupts import ToldInterrupt
from oss_jupyter.texts import tr


class WaitInterrupted(ToldInterrupt):
    """Somebody interrupted the wait. The cell ends here, as it should, and the upload goes on."""


def wait_for(transfer: Transfer, reporter: Reporter) -> None:
    """Show a transfer until it rests.

    Raises WaitInterrupted, and what `Transfer.result` raises, so that the cells below do not run without the object.
    """
    try:
        if in_notebook():
            # The failure ends the cell and is shown there.
            view = show(transfer, reporter, with_error=False)
            transfer.wait()
            if view is not None:
                view.refresh()  # the page may be saved as soon as the cell has ended
        else:
            from oss_jupyter.console.terminal import watch  # rich costs 50 ms

            mark_shown(transfer)
            watch(transfer)
    except KeyboardInterrupt:
        raise WaitInterrupted(
            tr(
                "The upload goes on. %oss_uploads pause {id} pauses it, %oss_uploads abort {id} gives it up.",
                id=transfer.id,
            )
        ) from None
    transfer.result()
