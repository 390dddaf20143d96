"""`oss-jupyter COMMAND ...`: hands over to what the command needs, and ends with a status that says how it went."""

from __future__ import annotations

import argparse
import runpy
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import NoReturn

from oss_jupyter.cli.output import Output, take_every_character
from oss_jupyter.cli.signals import Signals
from oss_jupyter.console.help import HelpFormatter
from oss_jupyter.redact import shown
from oss_jupyter.texts import english, listed, sentences, tr
from oss_jupyter.texts.argparse_says import complaint
from oss_jupyter.version import __version__

# What each command is for, and where it is.
_COMMANDS = {
    "upload": (english("upload files, folders or globs, or carry on where an upload was left"), "upload"),
    "resume": (english("carry on with an upload, or with all"), "upload"),
    "list": (english("list uploads: unfinished ones, and those that run elsewhere"), "uploads"),
    "pause": (english("pause an upload that another process sends"), "uploads"),
    "abort": (english("give an upload up and remove its parts from OSS"), "uploads"),
    "history": (english("list the uploads that have ended"), "uploads"),
    "check": (english("tell what could stand in the way of an upload"), "bucket"),
    "leftovers": (english("list, remove or carry on with unfinished uploads of a bucket"), "bucket"),
    "sandbox": (english("run a local server that behaves like OSS"), ""),
}
_EPILOG = english("""\
oss-jupyter COMMAND --help tells the options of a command.

Ctrl-C keeps the place of an upload and says how to carry on; a second one ends at once.
In a notebook:  %load_ext oss_jupyter, then %oss_upload FILE oss://BUCKET/
To try it out:  oss-jupyter sandbox

With --json each line on stdout is one JSON object, progress and errors too; errors go to stderr as well.

exit status:
  0    all is in OSS, or was done
  1    it failed: four lines on stderr say why, and what to do; check: something stands in the way
  2    it cannot be meant: an argument, or a file that is not there; nothing was sent
  3    a dataset has ended, and some of its files are not in OSS
  130  stopped by Ctrl-C, and 143 by SIGTERM, 129 by SIGHUP: the place is kept
""")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    take_every_character()
    parser = _parser()
    words = sys.argv[1:] if arguments is None else [*arguments]
    command, rest = parser.parse_args(words[:1]).command, words[1:]
    if command is None:
        parser.print_help(sys.stderr)
        return 2
    if command not in _COMMANDS:
        parser.error(_no_command(command))
    if command == "sandbox":
        # Nothing imports the sandbox: it is run as `python -m` would.
        sys.argv[1:] = rest
        runpy.run_module("oss_jupyter.sandbox", run_name="__main__", alter_sys=True)
    signals = Signals()
    with signals.taken():
        try:
            return _run(command, rest, signals)
        except KeyboardInterrupt as interrupt:
            Output(as_json=False).progress(*filter(None, [str(interrupt)]))  # a long look says how far it was
            return signals.status


def _run(command: str, words: Sequence[str], signals: Signals) -> int:
    given = import_module("oss_jupyter.cli.parsers").read(command, words)
    # What a command does takes a while to load, and nobody waits for that who asks for help.
    module = import_module(f"oss_jupyter.cli.{_COMMANDS[command][1]}")
    running = import_module("oss_jupyter.cli.running")
    signals.begin()
    status: int = running.run(module.COMMANDS[command], given, signals)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="oss-jupyter",
        usage="oss-jupyter COMMAND ...",
        description=tr(
            "Large local files into Alibaba Cloud OSS, without losing the place.\n\ncommands:\n{commands}",
            commands=_listed(),
        ),
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"oss_jupyter {__version__}")
    parser.add_argument("command", nargs="?", metavar="COMMAND", help=argparse.SUPPRESS)
    return parser


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, tr("{program}: error: {what}", program=self.prog, what=complaint(message)) + "\n")


def _no_command(word: str) -> str:
    near = get_close_matches(word.lower(), _COMMANDS, 1)
    meant = tr("Did you mean {name}?", name=near[0]) if near else tr("There are {names}.", names=listed(_COMMANDS))
    return sentences(tr("There is no command {word}.", word=shown(word)), meant)


def _listed() -> str:
    return "\n".join(f"  {name:10} {tr(words)}" for name, (words, _) in _COMMANDS.items())
