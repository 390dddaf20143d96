"""Reading a byte range once more: a plain function of a value, like `send_part`, so it runs wherever parts run."""

from __future__ import annotations

from oss_jupyter.crc64 import crc64
from oss_jupyter.local.source import FileSource
from oss_jupyter.model.gauge import Gauge, LocalGauge
from oss_jupyter.model.wire_values import RangeRequest


def read_again(request: RangeRequest, gauge: Gauge | None = None) -> int:
    """Return the CRC-64 of the range as it is on the disk now.

    Once `gauge.stopped` is set it raises PartStopped within a piece of 1 MiB. Raises SourceError.
    """
    gauge = gauge or LocalGauge()
    crc = 0
    for piece in FileSource(request.path).pieces(request.offset, request.length, lambda: gauge.stopped):
        crc = crc64(piece, crc)
        gauge.sent_bytes += len(piece)
    return crc
