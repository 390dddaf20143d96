"""What card and desk have in common: a name, a language, commands that may come as messages, and who is looking."""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from typing import Any

import anywidget
from IPython.core.getipython import get_ipython
from ipywidgets import Widget
from traitlets import Unicode

from oss_jupyter.notebook.display.cells import cells
from oss_jupyter.notebook.panel.common import bundle
from oss_jupyter.notebook.panel.common.channel import keep_busy
from oss_jupyter.notebook.panel.common.commands import Commands
from oss_jupyter.texts.spoken import language_for_pages

# A page that was closed the hard way leaves its views behind.
_VIEWS_MAX = 50


class PanelCode(Widget):  # type: ignore[misc]
    """Script and style of every widget of this kernel, in a model that draws nothing itself."""

    script = Unicode().tag(sync=True)
    style = Unicode().tag(sync=True)


_made: list[PanelCode] = []


def _code() -> PanelCode:
    """Return this kernel's code, which has to be on the page before what it draws."""
    # Closed with all other widgets; marimo does so when the cell runs again that made it, and leaves a closed comm.
    if not _made or _made[-1].comm is None or getattr(_made[-1].comm, "_closed", False):
        style = bundle.style("card/card.css") + bundle.style("desk/desk.css")
        _made[:] = [PanelCode(script=bundle.script("panel.js"), style=style)]
    return _made[0]


class PanelWidget(anywidget.AnyWidget):
    """Holds what is shown, and nothing else. `_lock` guards _views: the page says which of them are on the screen.

    kind: "card", "desk" or "banner". code: the model with script and style. language: "en", "zh", or "" for the page's.
    Its traits reach the page and may be saved in a notebook, so they are few and hold no secret.
    """

    _esm = bundle.script("common/load.js")

    kind = Unicode().tag(sync=True)
    code = Unicode().tag(sync=True)
    widget_id = Unicode().tag(sync=True)
    language = Unicode().tag(sync=True)

    def __init__(self, commands: Commands, language: str, **traits: Any) -> None:
        """`language` is "en", "zh", or "" for that of everything that is said."""
        self._commands = commands
        self._lock = threading.Lock()
        self._views: OrderedDict[str, bool] = OrderedDict()
        widget_id = uuid.uuid4().hex
        traits["language"] = language or language_for_pages()
        super().__init__(code=_code().model_id, widget_id=widget_id, model_id=widget_id, **traits)
        self.on_msg(self._on_message)

    @property
    def on_screen(self) -> bool:
        """Whether anybody may be looking; a page that has not said so yet counts as looking."""
        with self._lock:
            return not self._views or any(self._views.values())

    def set_on_screen(self, view: str, on_screen: bool) -> None:
        """Note that a view came to the screen or left it."""
        with self._lock:
            self._views[view] = on_screen
            self._views.move_to_end(view)
            if len(self._views) > _VIEWS_MAX:
                self._views.popitem(last=False)

    def put(self, **traits: str | bytes) -> int:
        """Send those that are new in one message, and return how large they are. Only one thread at a time does so."""
        news = {name: value for name, value in traits.items() if value != getattr(self, name)}
        if news:
            with self.hold_sync():
                for name, value in news.items():
                    setattr(self, name, value)
        return sum(map(len, news.values()))

    def in_words(self) -> str:
        """Return what stands in the widget's place where there are no widgets."""
        raise NotImplementedError

    def _on_message(self, widget: Any, content: Any, buffers: Any) -> None:
        """Answer a command that could not come over the control channel."""
        self.send(self._commands.answer(content))
        keep_busy(getattr(get_ipython(), "kernel", None), cells)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        shown = super()._repr_mimebundle_(**kwargs)
        if shown is not None:
            data = shown[0] if isinstance(shown, tuple) else shown
            data["text/plain"] = self.in_words()
        return shown
