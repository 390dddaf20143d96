"""Commands that may take seconds: listing a folder on a slow disk, or an upload that loads the SDK first.

The control channel has to stay free, so they run on threads of their own. A reply that is not there in an instant is
``{"later": ID}``, and the page sends the same command again with that id until it gets the result.
"""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError  # not the built-in one before Python 3.11

from oss_jupyter.engine.threads import start_thread
from oss_jupyter.errors import InputError
from oss_jupyter.notebook.panel.common.arguments import PageArguments
from oss_jupyter.notebook.panel.common.commands import Handler, Reply
from oss_jupyter.texts import tr

# Most folders are listed within this, and nobody notices the wait.
_PATIENCE_SECONDS = 0.03
# The page asks again within a second.
_REMEMBERED = 20


class BackgroundCommands:
    """Runs handlers on threads of their own and keeps their results. `_lock` guards _results, by the id to ask with."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._results: OrderedDict[str, Future[Reply]] = OrderedDict()

    def wrap(self, handler: Handler, *, once: bool = False) -> Handler:
        """Return a handler that answers at once, whatever `handler` does. once: a result is given once, and gone."""

        def handle(arguments: PageArguments) -> Reply:
            if "later" in arguments:
                running_id = arguments.text("later")
                result = self._find(running_id)
            else:
                running_id, result = self._begin(handler, arguments)
            try:
                return result.result(_PATIENCE_SECONDS)
            except FutureTimeoutError:
                return {"later": running_id}
            finally:
                if once and result.done():
                    self._forget(running_id)

        return handle

    def knows(self, running_id: str) -> bool:
        """Whether this is where to ask for a result."""
        with self._lock:
            return running_id in self._results

    def _forget(self, running_id: str) -> None:
        with self._lock:
            self._results.pop(running_id, None)

    def _find(self, running_id: str) -> Future[Reply]:
        with self._lock:
            result = self._results.get(running_id)
        if result is None:
            raise InputError(tr("This kernel does not know the request."), tr("Press the button again."))
        return result

    def _begin(self, handler: Handler, arguments: PageArguments) -> tuple[str, Future[Reply]]:
        running_id, result = uuid.uuid4().hex, Future[Reply]()

        def work() -> None:
            try:
                result.set_result(handler(arguments))
            except Exception as error:  # whoever asks for the result gets it
                result.set_exception(error)

        with self._lock:
            self._results[running_id] = result
            if len(self._results) > _REMEMBERED:
                self._results.popitem(last=False)
        start_thread(work, "oss-command")
        return running_id, result
