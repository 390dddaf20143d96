"""What `%name?` and `%name --help` show. It is made when somebody asks, in the language of whoever reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from IPython.core.magic_arguments import MagicHelpFormatter, kwds, magic_arguments

from oss_jupyter.console.help import HelpFormatter
from oss_jupyter.texts import english

UPLOAD = english("""\
Upload a local file, or a folder of them, into OSS, behind the notebook.

It returns at once. Running the same cell again attaches to the upload, resumes it where an earlier kernel or
a failure left it, or finds that the object is already there. `t = %oss_upload ...` keeps the Transfer, which
can be paused, resumed, aborted and awaited. What is left out comes from `%config OssJupyter`.

A folder, a glob in quotes, or several paths are one upload: the contents of a folder go under the target, files
that are there already are skipped, and --dry-run returns the plan.
""")
UPLOAD_CELL = english("""\
Run the cell and upload what it prints, as one object in UTF-8, behind the notebook.

What goes up is what the cell and the threads that it starts print to sys.stdout (print, df.to_csv(sys.stdout),
sys.stdout.buffer), and what !commands print. What is shown does not: the value of the last line, displays,
stderr, and what subprocesses write past Python. If the cell fails, is interrupted or prints nothing, nothing is
sent. Running it again with the same output attaches to the upload, resumes it, or finds the object there.
`_` is the Transfer then.
""")
UPLOADS = english("""\
List uploads and act on them: of this kernel, and unfinished ones of earlier kernels.

list: all of them. show ID: one, with details. resume, pause, wait ID or all. abort ID or all: give it up
and remove its parts from OSS, where they would be billed; with --forget only its checkpoint, where OSS cannot
be reached any more. clean: take finished and aborted ones off the list. history: uploads that have ended, in
all kernels.
""")
PANEL = english("Show all uploads with their buttons, and a form to start one; where there are no widgets, list them.")
SANDBOX = english("""\
Run a local server that behaves like OSS, for trying things out; it outlives the kernel.

start: start it and point this kernel's settings at it. stop: stop it and bring the settings back.
""")
CHECK = english("""\
Tell what could stand in the way of an upload, before it begins: a line for each thing, and what to do.

The way to the service, the clock, the credentials and how long they last, the bucket and its region, what is
allowed, what is there already, room on this computer, the speed of the line, and what could end the upload
early. Nothing is stored in the bucket; the parts that measure the speed are removed at once.
""")
LEFTOVERS = english("""\
List the unfinished multipart uploads of a bucket, whoever began them, remove them, or carry on.

Their parts are billed, and no list of objects shows them. What this kernel, your others
and the process behind --detach say they are sending is never removed.
""")


def helped_by(words: str, name: str | None = None) -> Callable[[Any], Any]:
    """Make a magic of what stands below, with help that begins with `words`. name: where its function has another."""

    def decorate(method: Any) -> Any:
        magic = magic_arguments(name)(kwds(description=words, formatter_class=_Formatter)(method))
        magic.getdoc = magic.parser.format_help  # IPython's `?` asks for that before it looks at __doc__
        return magic

    return decorate


class _Formatter(HelpFormatter, MagicHelpFormatter):
    """IPython's way to write it, in two languages."""
