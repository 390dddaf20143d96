"""Feeding a body through the pool, so that the loop receives the next slice while one is hashed and written."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from oss_jupyter.sandbox.bodies import SMALL_BODY_BYTES, Body


class Intake:
    """One body on its way in. Used on the loop's thread; at most one slice is in the pool."""

    def __init__(self, pool: ThreadPoolExecutor, directory: Path | None) -> None:
        self._pool = pool
        self._body = Body(directory)
        self._feeding: Future[None] | None = None

    async def take(self, data: bytes) -> None:
        """Take the next bytes; what went wrong with the ones before is raised here."""
        await self._settle()
        # So few are not worth a trip to the pool.
        if len(data) <= SMALL_BODY_BYTES:
            self._body.feed(data)
        else:
            self._feeding = self._pool.submit(self._body.feed, data)

    async def whole(self) -> Body:
        """Return the body when all that was taken has been written."""
        await self._settle()
        return self._body

    def discard(self) -> None:
        """Remove what was received, once the pool has let go of it; the loop may have ended by then."""
        if self._feeding is None:
            self._body.discard()
        else:
            self._feeding.add_done_callback(lambda _: self._body.discard())

    async def _settle(self) -> None:
        if self._feeding is not None:
            await asyncio.wrap_future(self._feeding)
            self._feeding = None
