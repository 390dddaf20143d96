"""`%load_ext oss_jupyter` and `%unload_ext oss_jupyter`: what is put into IPython, and taken out again.

Loading sends nothing and waits for neither the SDK nor requests, rich or ipywidgets. In a notebook they are
loaded behind the user's back, so that the first card is there at once, and the first byte leaves before a busy cell.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any

from IPython.core.getipython import get_ipython
from traitlets import TraitError

from oss_jupyter import forks
from oss_jupyter.console.lines import describe
from oss_jupyter.console.spelling import as_magic
from oss_jupyter.engine.threads import start_thread
from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.errors import InputError, OssJupyterError
from oss_jupyter.model.progress import Receipt
from oss_jupyter.notebook.completion.matcher import Completion
from oss_jupyter.notebook.display.banner import banner, going_on, runs_apart
from oss_jupyter.notebook.display.html import transfer_html
from oss_jupyter.notebook.display.view import receipt_html, receipt_text, say
from oss_jupyter.notebook.magics.bucket_magics import BucketMagics
from oss_jupyter.notebook.magics.cell_output import awaiting
from oss_jupyter.notebook.magics.magics import OssMagics
from oss_jupyter.notebook.magics.showing import forget_shown, in_notebook, is_shown, show, with_widgets
from oss_jupyter.notebook.magics.unattended import attach
from oss_jupyter.session.protocol import register, unregister
from oss_jupyter.session.session import Session, current_session
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.texts import tr

_MAGICS = ("oss_upload", "oss_uploads", "oss_check", "oss_leftovers", "oss_panel", "oss_sandbox")
_UPLOADS_OUTPUT = f"get_ipython().magics_manager.registry[{OssMagics.__name__!r}].{OssMagics.upload_output.__name__}"
_PLAIN, _HTML = "text/plain", "text/html"


def load(shell: Any) -> None:
    """Make magics, settings and displays known, and say what is unfinished."""
    session = current_session()
    attach(session)
    _configure(session.settings, shell)
    session.warm_up()
    session.wiring.spell = as_magic
    shell.register_magics(OssMagics(shell, session), BucketMagics(shell, session))
    shell.input_transformers_cleanup.append(_let_cells_await)
    _stop_completing(shell)
    shell.Completer.custom_matchers.append(Completion(shell, session).match)
    _register_displays(shell)
    shell.events.register("pre_run_cell", forget_shown)
    unfinished = tuple(transfer for transfer in session.unfinished() if not runs_apart(transfer))
    lines = [*banner(session, unfinished), *register(session.settings)]
    session.settings.observe(_registers_anew, "register_filesystem")
    if lines:
        _in_a_cell(shell, partial(_show_banner, unfinished, lines))
    detached = going_on(session.manager.transfers())
    if detached:
        _in_a_cell(shell, partial(say, *detached))
    if in_notebook():
        with suppress(OssJupyterError):  # it only saves time
            start_thread(_load_ahead, "oss-warm-up", session)


def unload(shell: Any) -> None:
    """Take everything back. Uploads go on."""
    settings = current_session().settings
    settings.unobserve_all("register_filesystem")
    unregister()
    if settings in shell.configurables:
        shell.configurables.remove(settings)
    current_session().wiring.spell = str
    for name in _MAGICS:
        for magics in shell.magics_manager.magics.values():
            magics.pop(name, None)
    if _let_cells_await in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.remove(_let_cells_await)
    for ours in (OssMagics, BucketMagics):
        shell.magics_manager.registry.pop(ours.__name__, None)
    _stop_completing(shell)
    for formatter in _formatters(shell):
        for kind in (Transfer, Receipt):
            formatter.pop(kind, None)
    if forget_shown in shell.events.callbacks["pre_run_cell"]:
        shell.events.unregister("pre_run_cell", forget_shown)


def _configure(settings: OssJupyter, shell: Any) -> None:
    """Let `%config` and ipython_config.py reach the settings, which an upload in Python may have made before."""
    if settings.parent is not shell:
        try:
            settings.config = shell.config
        except TraitError as error:
            raise InputError(
                tr("A setting of OssJupyter cannot work: {why}", why=error),
                tr("Correct it where IPython is configured."),
            ) from None
        settings.parent = shell
    if settings not in shell.configurables:
        shell.configurables.append(settings)


def _let_cells_await(lines: list[str]) -> list[str]:
    """Let what stands under `%%oss_upload` await, as far as this IPython lets cells do so."""
    return awaiting(get_ipython(), _UPLOADS_OUTPUT, lines)


def _stop_completing(shell: Any) -> None:
    matchers = shell.Completer.custom_matchers
    matchers[:] = [one for one in matchers if not isinstance(getattr(one, "__self__", None), Completion)]


def _registers_anew(_change: Any) -> None:
    say(*register(current_session().settings))


def _load_ahead(session: Session) -> None:
    """Import what an upload and its card need, 0.2 s; where that fails, whoever needs it is told."""
    with suppress(Exception):
        session.wiring.load_ahead()
    if with_widgets():
        with suppress(Exception), forks.no_forks:
            import_module("oss_jupyter.notebook.panel.show")


def _show_banner(unfinished: tuple[Transfer, ...], lines: list[str]) -> None:
    if not with_widgets() or not unfinished:
        say(*lines)
        return
    from oss_jupyter.notebook.panel.show import show_banner  # ipywidgets cost 100 ms

    show_banner(unfinished, lines)


def _in_a_cell(shell: Any, show_it: Callable[[], None]) -> None:
    """Show it now, or in the first cell where a kernel loads the extension while it starts and no page listens yet."""

    def later(*_event: Any) -> None:
        shell.events.unregister("pre_run_cell", later)
        show_it()

    if in_notebook() and not shell.display_pub.parent_header:
        shell.events.register("pre_run_cell", later)
    else:
        show_it()


def _formatters(shell: Any) -> tuple[Any, ...]:
    display = shell.display_formatter
    return display.formatters[_PLAIN], display.formatters[_HTML], display.ipython_display_formatter


def _register_displays(shell: Any) -> None:
    plain, html, whole = _formatters(shell)
    plain.for_type(Receipt, lambda receipt, printer, _cycle: printer.text(receipt_text(receipt)))
    html.for_type(Receipt, receipt_html)
    plain.for_type(Transfer, _print_transfer)
    html.for_type(Transfer, lambda transfer: transfer_html(transfer.snapshot()))
    whole.for_type(Transfer, _display_transfer)


def _print_transfer(transfer: Transfer, printer: Any, _cycle: bool) -> None:
    """Print all of it where it stands alone, one line in a list and where the cell shows it already."""
    alone = len(printer.stack) <= 1
    printer.text("\n".join(describe(transfer.snapshot())) if alone and not is_shown(transfer) else repr(transfer))


def _display_transfer(transfer: Transfer) -> None:
    """Give a transfer that ends a cell the same view as the magic does, and never a second one."""
    if not in_notebook():
        raise NotImplementedError  # text follows Out[1]: there
    if not is_shown(transfer):
        show(transfer, current_session().reporter)
