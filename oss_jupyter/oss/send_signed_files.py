"""Whole small files with a signed request for each, one after the other: a plain function of a value, run anywhere.

It knows no credentials. As in send_files.py, whatever is not a clean success is a snag, and another way finds out.
"""

from __future__ import annotations

from oss_jupyter.errors import NetworkError, OssJupyterError, PartStopped, ServiceError, Shortage
from oss_jupyter.model.gauge import Gauge, LocalGauge
from oss_jupyter.model.small_files import FileSent, FileSnagged, FileToSend, SignedFiles, Snag
from oss_jupyter.model.wire_values import PartRequest, SignedRequest
from oss_jupyter.oss.own_pace import OwnPace
from oss_jupyter.oss.send_part import send_part
from oss_jupyter.oss.whole_file import NotAsFound, read_whole


def send_signed_files(request: SignedFiles, gauge: Gauge | None = None) -> tuple[FileSent | FileSnagged, ...]:
    """Send files and return what became of each.

    Where the line breaks or `gauge.stopped`, those that were not tried are left out. Raises Shortage.
    """
    rate = request.rate_bytes_per_second
    gauge = gauge or LocalGauge(OwnPace(rate) if rate else None)
    outcomes: list[FileSent | FileSnagged] = []
    for file, signed in request.files:
        outcome = _outcome(file, signed, request, gauge)
        if outcome is None:
            break
        outcomes.append(outcome)
        if isinstance(outcome, FileSnagged) and outcome.why is Snag.NETWORK:
            break
    return tuple(outcomes)


def _outcome(
    file: FileToSend, signed: SignedRequest, request: SignedFiles, gauge: Gauge
) -> FileSent | FileSnagged | None:
    """Return what became of a file; None where it was stopped."""
    try:
        return _sent(file, signed, request, gauge)
    except PartStopped:
        return None
    except Shortage:
        raise
    except NotAsFound as snag:
        return FileSnagged(file, snag.why, snag.detail)
    except NetworkError as error:
        return FileSnagged(file, Snag.NETWORK, error.code)
    except OssJupyterError as error:
        return FileSnagged(file, Snag.REFUSED if isinstance(error, ServiceError) else Snag.UNCLEAR, error.code)


def _sent(file: FileToSend, signed: SignedRequest, request: SignedFiles, gauge: Gauge) -> FileSent:
    whole = read_whole(file)
    receipt = send_part(PartRequest(signed, file.path, 0, file.size, 1, request.route), gauge)
    if receipt.crc64 != whole.crc64:
        raise NotAsFound(Snag.CHANGED, "its bytes change")
    return FileSent(file, receipt.etag, receipt.crc64, whole.md5, receipt.seconds)
