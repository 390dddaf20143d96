"""What a target may be while it is typed into a form: buckets, then folders and keys, one level at a time."""

from __future__ import annotations

from typing import Any

from oss_jupyter.notebook.panel.common.arguments import PageArguments
from oss_jupyter.session.buckets import Buckets

_TEXT_MAX = 4096
# More than anybody reads; whoever types on gets fewer.
_TARGETS_MAX = 200


class Targets:
    """Answers the page. buckets: waits for nothing, or the control channel would wait; the page asks again."""

    def __init__(self, buckets: Buckets) -> None:
        self._buckets = buckets

    def answer(self, arguments: PageArguments) -> dict[str, Any]:
        """Return the addresses that begin with `text`, as far as they are known by now."""
        text = arguments.text("text", _TEXT_MAX) if arguments.has_text("text") else ""
        found = (one.url for one in self._buckets.below(text, {}))
        return {"targets": [url for url in found if url.startswith(text)][:_TARGETS_MAX]}
