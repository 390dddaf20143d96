"""The command line: `oss-jupyter sandbox`, which is also `python -m oss_jupyter.sandbox`."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from oss_jupyter.sandbox import service
from oss_jupyter.sandbox.process import ProcessOptions, serve
from oss_jupyter.sandbox.replies import ServiceError
from oss_jupyter.sandbox.state import SandboxInfo
from oss_jupyter.sandbox.storage import BUCKET_NAME
from oss_jupyter.texts import about, tr
from oss_jupyter.texts.argparse_says import complaint
from oss_jupyter.texts.system import system_words

_BUCKET, _REGION = "demo-bucket", "cn-hangzhou"
_PORT_MOST = 65535
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|KiB|MiB|GiB)?(?:/s)?")
_UNIT_BYTES = {None: 1, "B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except (service.SandboxStartError, ServiceError) as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(about(str(error.filename or ""), system_words(error)))


def _failed(why: str) -> int:
    if sys.stderr is not None:
        sys.stderr.write(f"oss-jupyter: {why}\n")
    return 1


def _run(options: argparse.Namespace) -> int:
    if options.status:
        return _show(service.running(), options.json, with_counts=True)
    if options.stop:
        return _stop(options.json)
    if options.detach:
        info = service.start_detached(
            buckets=options.bucket or (),
            region=options.region,
            port=options.port,
            data_dir=options.data_dir,
            rate_bytes_per_second=options.rate,
            idle_seconds=options.idle_seconds,
        )
        return _show(info, options.json)
    process_options = ProcessOptions(
        port=options.port or 0,
        data_dir=options.data_dir,
        buckets=options.bucket or [_BUCKET],
        region=options.region or _REGION,
        rate_bytes_per_second=options.rate,
        idle_seconds=options.idle_seconds,
        records_state=options.record_state,
    )
    serve(process_options, lambda info: _announce(info, options.json))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="oss-jupyter", formatter_class=_Help)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    sandbox = commands.add_parser(
        "sandbox",
        help=tr("run a local server that behaves like OSS"),
        description=tr("Run a local server that behaves like OSS, on the loopback address, with throwaway keys."),
        formatter_class=_Help,
        add_help=False,
    )
    _add_options(sandbox.add_argument_group(tr("options")))
    return parser


def _add_options(options: argparse._ArgumentGroup) -> None:
    options.add_argument("-h", "--help", action="help", help=tr("show this help message and exit"))
    options.add_argument("--port", type=_port, help=tr("port to listen on (default: any free one)"))
    options.add_argument("--data-dir", type=Path, help=tr("where objects are kept (default: removed at the end)"))
    bucket = tr("bucket to create, repeatable (default: {bucket})", bucket=_BUCKET)
    options.add_argument("--bucket", type=_bucket, action="append", help=bucket)
    options.add_argument("--region", help=tr("region to sign for (default: {region})", region=_REGION))
    options.add_argument("--rate", type=_rate, help=tr("pace of all uploads together, such as 20MiB/s"))
    options.add_argument("--idle-seconds", type=float, help=tr("end after so long without a request"))
    mode = options.add_mutually_exclusive_group()
    mode.add_argument("--detach", action="store_true", help=tr("run on behind the caller, until idle for half an hour"))
    mode.add_argument("--status", action="store_true", help=tr("show the detached sandbox"))
    mode.add_argument("--stop", action="store_true", help=tr("stop the detached sandbox"))
    mode.add_argument("--record-state", action="store_true", help=argparse.SUPPRESS)  # what --detach starts
    options.add_argument("--json", action="store_true", help=tr("print one line of JSON"))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, tr("{program}: error: {what}", program=self.prog, what=complaint(message)) + "\n")


class _Help(argparse.HelpFormatter):
    """Says in the reader's language what argparse puts before the usage."""

    def add_usage(self, usage: str | None, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, tr("usage: ") if prefix is None else prefix)


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() else _PORT_MOST + 1
    if number > _PORT_MOST:
        why = tr("{port} is no port: a number from 0 to {most}, 0 for any free one", port=repr(text), most=_PORT_MOST)
        raise argparse.ArgumentTypeError(why)
    return number


def _bucket(text: str) -> str:
    if not BUCKET_NAME.fullmatch(text):
        rule = tr(
            "{name} cannot be the name of a bucket, which has 3 to 63 of a-z, 0-9 and -, "
            "with a letter or digit at both ends",
            name=repr(text),
        )
        raise argparse.ArgumentTypeError(rule)
    return text


def _rate(text: str) -> float:
    found = _RATE.fullmatch(text.strip())
    if found is None or float(found[1]) == 0:
        raise argparse.ArgumentTypeError(tr("{rate} is not a rate such as 20MiB/s", rate=repr(text)))
    return float(found[1]) * _UNIT_BYTES[found[2]]


def _show(info: SandboxInfo | None, as_json: bool, *, with_counts: bool = False) -> int:
    counts = (service.status(info) if info else None) or {}
    trouble = counts.get("trouble")
    if as_json:
        told = {**(info.public() if info else {}), **({"trouble": trouble} if trouble else {})}
        _say(json.dumps({"running": info is not None, **told}))
    elif info is None:
        _say(tr("No sandbox is running."))
    else:
        known = [_counted(counts)] if with_counts and counts else []
        known += [str(trouble)] if trouble else []
        _say("\n".join([_lines(info), "", *known, tr("Stop it with: oss-jupyter sandbox --stop")]))
    return 0 if info else 1


def _counted(counts: Mapping[str, object]) -> str:
    return tr("{requests} requests, idle for {seconds} s.", requests=counts["requests"], seconds=counts["idle_seconds"])


def _stop(as_json: bool) -> int:
    info = service.stop()
    if as_json:
        _say(json.dumps({"running": False, **(info.public() if info else {})}))
    elif info:
        _say(tr("Stopped the sandbox at {endpoint}.", endpoint=info.endpoint))
    else:
        _say(tr("No sandbox is running."))
    return 0 if info else 1


def _announce(info: SandboxInfo, as_json: bool) -> None:
    _say(json.dumps({"running": True, **info.public()}) if as_json else f"{_lines(info)}\n\n{tr('Ctrl-C stops it.')}")


def _lines(info: SandboxInfo) -> str:
    return "\n".join(
        [
            tr(
                "OSS sandbox at {endpoint}, region {region}, bucket {bucket}",
                endpoint=info.endpoint,
                region=info.region,
                bucket=info.bucket,
            ),
            tr("Data in {folder}", folder=info.data_dir),
            "",
            f"export OSS_ENDPOINT={info.endpoint}",
            f"export OSS_REGION={info.region}",
            f"export OSS_ACCESS_KEY_ID={info.access_key_id}",
            f"export OSS_ACCESS_KEY_SECRET={info.access_key_secret}",
        ]
    )


def _say(text: str) -> None:
    if sys.stdout is None:  # it was closed by whoever began this
        return
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
