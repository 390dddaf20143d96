"""One protocol for every button of card, desk and banner: {id, command, arguments, page} -> {status, id, ...}.

`page` is the language of the page that asks, which the kernel takes as that of whoever reads.

A request comes over the kernel's control channel, which is served while a cell runs, or, where a front end has no such
channel or it stays silent, as a message of the widget itself. The page may send the same request both ways, so the
answer to an id is kept and given again: a command is carried out once.

Any thread may come in here. Nothing blocks, because a slow handler would also delay the kernel's interrupt and
shutdown, and nothing is raised, because nobody would see it: a failure is an answer with four lines.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError  # not the built-in one before Python 3.11
from typing import Any

from oss_jupyter.errors import InputError, OssJupyterError
from oss_jupyter.model.ending import ending_of
from oss_jupyter.model.shortage import shortage_of
from oss_jupyter.notebook.panel.common.arguments import PageArguments
from oss_jupyter.texts import tr
from oss_jupyter.texts.spoken import page_speaks

# A page repeats a request within seconds, so far fewer would do.
_REMEMBERED_REQUESTS = 500
# A duplicate that arrives while the first is being carried out waits for it: milliseconds.
_DUPLICATE_WAIT_SECONDS = 1.0

Reply = dict[str, Any]
Handler = Callable[[PageArguments], Reply]

_log = logging.getLogger("oss_jupyter")


class Commands:
    """The table of commands. `_lock` guards _handlers, _repeatable and _answers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handlers: dict[str, Handler] = {}
        self._repeatable: set[str] = set()
        self._answers: OrderedDict[str, Future[Reply]] = OrderedDict()

    def add(self, name: str, handler: Handler, *, repeatable: bool = False) -> None:
        """Make `name` known. The handler must be quick and safe from any thread; adding it again replaces it.

        repeatable: it changes nothing, so it may be carried out twice; then no answer of it is kept.
        """
        with self._lock:
            self._handlers[name] = handler
            self._repeatable = self._repeatable - {name} | ({name} if repeatable else set())

    def around(self, name: str, wrap: Callable[[Handler], Handler]) -> None:
        """Put something before the handler of `name`: `wrap` gets it and returns what answers from now on."""
        with self._lock:
            self._handlers[name] = wrap(self._handlers[name])

    def answer(self, request: Any) -> Reply:
        """Carry a request out, once, and return the reply. Raises nothing."""
        request_id = request.get("id") if isinstance(request, dict) else None
        if not isinstance(request_id, str) or not 0 < len(request_id) <= 100:
            return refused("", InputError(tr("The request has no id."), tr("Reload the page.")))
        if self._is_repeatable(request):
            return self._carry_out(request_id, request)
        with self._lock:
            answer = self._answers.get(request_id)
            first = answer is None
            if answer is None:
                answer = self._answers[request_id] = Future()
                if len(self._answers) > _REMEMBERED_REQUESTS:
                    self._answers.popitem(last=False)
        if first:
            answer.set_result(self._carry_out(request_id, request))
        try:
            return answer.result(_DUPLICATE_WAIT_SECONDS)
        except FutureTimeoutError:
            still = tr("The request is still being carried out.")
            return refused(request_id, InputError(still, tr("Wait a moment.")))

    def _is_repeatable(self, request: dict[str, Any]) -> bool:
        name = request.get("command")
        with self._lock:
            return isinstance(name, str) and name in self._repeatable

    def _carry_out(self, request_id: str, request: dict[str, Any]) -> Reply:
        name = request.get("command")
        page_speaks(request.get("page"))
        with self._lock:
            handler = self._handlers.get(name) if isinstance(name, str) else None
        if handler is None:
            return refused(request_id, InputError(tr("This kernel does not know the command."), tr("Reload the page.")))
        try:
            return {"status": "ok", "id": request_id, **handler(PageArguments(request.get("arguments", {})))}
        except OssJupyterError as error:
            return refused(request_id, error)
        except Exception as error:
            _log.exception("command %.40r failed", name)
            return refused(request_id, _unexpected(error))


def refused(request_id: str, error: OssJupyterError) -> Reply:
    """Return the answer to a request that was not carried out, in four lines."""
    what, safe, advice, code = error.four_lines()
    lines = [what, safe or tr("Nothing was changed."), advice, code]  # a command that is refused has done nothing
    return {"status": "error", "id": request_id, "error": lines}


def _unexpected(error: Exception) -> OssJupyterError:
    # Only the type: the text of a foreign exception may hold anything.
    return (
        shortage_of(error)
        or ending_of(error)
        or OssJupyterError(
            tr("Something went wrong inside oss_jupyter ({error}).", error=type(error).__name__),
            tr("Try again; if it happens again, please report it."),
            code="Unexpected",
        )
    )
