"""What buckets hold, a folder at a time, for whoever completes a target.

The service is asked in the background, and its answers are remembered for a minute. One thread at a time asks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from oss_jupyter.engine.threads import start_thread
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.arguments import UploadOptions
from oss_jupyter.model.target import is_bucket
from oss_jupyter.model.wire_values import ObjectPage
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.objects import list_buckets, list_folder
from oss_jupyter.session.wiring import Wiring
from oss_jupyter.texts import tr

SCHEME = "oss://"
_WAIT_SECONDS = 0.3
_REMEMBERED_SECONDS = 60.0
# What failed may work soon, when a setting has been corrected or the line is there again.
_FAILED_SECONDS = 5.0
# Of answers that do not come, each keeps a thread; counted by settings, for corrected ones need not wait for wrong.
_AT_ONCE_MOST = 4


@dataclass(frozen=True)
class Address:
    """What may stand for a target. about: a word beside it. size_bytes: of an object. goes_on: more may follow."""

    url: str
    about: str
    size_bytes: int | None = None

    @property
    def goes_on(self) -> bool:
        """Whether more of the address may follow, as behind a folder."""
        return self.size_bytes is None


@dataclass(frozen=True)
class Asked:
    """A question to the service. at: when it was asked, in seconds of a clock that never goes back."""

    at: float
    answer: Future[Any]

    def is_good(self, now: float) -> bool:
        """Whether it need not be asked again."""
        failed = self.answer.done() and self.answer.result() is None
        return now - self.at < (_FAILED_SECONDS if failed else _REMEMBERED_SECONDS)


class Buckets:
    """Answers what lies below an address, as far as that is known within a moment."""

    def __init__(
        self, wiring: Wiring, clock: Callable[[], float] = time.monotonic, wait_seconds: float = _WAIT_SECONDS
    ) -> None:
        """wait_seconds: how long an answer is waited for."""
        self._wiring = wiring
        self._wait_seconds = wait_seconds
        self._clock = clock
        self._asked: dict[tuple[SdkControl, tuple[str, ...]], Asked] = {}

    def below(self, text: str, given: Mapping[str, Any]) -> Iterator[Address]:
        """Yield what an address typed so far may become: buckets, or what lies in its folder; as in `names`."""
        if not text.startswith(SCHEME):
            yield Address(SCHEME, tr("a bucket"))
            return
        bucket, slash, key = text.removeprefix(SCHEME).partition("/")
        if not slash:
            yield from (Address(f"{SCHEME}{name}/", tr("bucket")) for name in self.names(given))
            return
        page = self.folder(bucket, key, given)
        if page is not None:
            yield from (Address(f"{SCHEME}{bucket}/{one}", tr("folder")) for one in page.prefixes)
            yield from (Address(f"{SCHEME}{bucket}/{one.key}", tr("object"), one.size) for one in page.objects)

    def names(self, given: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the names of all buckets that may be listed; none where that is not known yet, or not allowed.

        given: arguments that say where, like region, profile and credentials.
        """
        control, until = self._control(given), self._clock() + self._wait_seconds
        found = control and self._known(control, ("",), partial(list_buckets, control), until)
        return tuple(filter(is_bucket, found or ()))

    def folder(self, bucket: str, key: str, given: Mapping[str, Any]) -> ObjectPage | None:
        """Return what lies in the folder of a key that is being typed, one level deep; None as in `names`.

        Of a folder with more objects than one request lists, only those whose keys begin as the one that is typed.
        """
        control, until = self._control(given), self._clock() + self._wait_seconds
        if control is None:
            return None
        page = self._page(control, bucket, key[: key.rfind("/") + 1], until)
        return page if page is None or page.complete else self._page(control, bucket, key, until)

    def _page(self, control: SdkControl, bucket: str, prefix: str, until: float) -> ObjectPage | None:
        found = self._known(control, (bucket, prefix), lambda: next(list_folder(control, bucket, prefix)), until)
        return cast("ObjectPage | None", found)

    def _control(self, given: Mapping[str, Any]) -> SdkControl | None:
        try:
            return self._wiring.control_at(cast("UploadOptions", given))
        except OssJupyterError:  # whoever uploads is told
            return None

    def _known(self, control: SdkControl, what: tuple[str, ...], ask: Callable[[], Any], until: float) -> Any:
        """Return an answer that is there in time, else None. One that comes later is there the next time."""
        now = self._clock()
        self._asked = {one: asked for one, asked in self._asked.items() if asked.is_good(now)}
        key = (control, what)
        if key not in self._asked:
            waiting = [one for (whom, _), one in self._asked.items() if whom is control and not one.answer.done()]
            if len(waiting) >= _AT_ONCE_MOST:
                return None
            self._asked[key] = Asked(now, Future())
            start_thread(_ask, "oss-complete", self._asked[key].answer, ask)
        answer = self._asked[key].answer
        wait([answer], max(0.0, until - now))
        return answer.result() if answer.done() else None


def _ask(answer: Future[Any], ask: Callable[[], Any]) -> None:
    found = None
    with suppress(Exception):  # whoever uploads is told; a provider of credentials is foreign code
        found = ask()
    answer.set_result(found)
