"""How a Python process of ours is started: the helper beside the kernel, and the sandbox.

A child finds modules where this process does, with two differences: standard modules come first and the notebook's
folder comes last. So neither a backport of a standard module among the installed packages nor a queue.py beside the
notebook becomes ours. Of the environment a child gets what the system and Python need, and nothing that may be secret.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

from oss_jupyter.texts import tr
from oss_jupyter.texts.spoken import VARIABLE, language

# A list of what is kept, because nobody can list the names under which people keep keys, tokens and passwords. Proxies
# are left out as well: they may hold a password, and the parts carry theirs.
_KEPT = frozenset({
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP",
    "HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "NIX_SSL_CERT_FILE", "OPENSSL_CONF", "OPENSSL_MODULES",
    "PYTHONHOME", "PYTHONPLATLIBDIR", "PYTHONUSERBASE", "PYTHONNOUSERSITE", "PYTHONUTF8", "PYTHONCOERCECLOCALE",
    "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX",
    "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "USERNAME", "HOMEDRIVE", "HOMEPATH",
    "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE",
})  # fmt: skip
_KEPT_PREFIXES = ("LC_", "LD_", "DYLD_", "XDG_", "MALLOC_", "GLIBC_", "OSS_JUPYTER_")

# Only sys before the first line is done: Python 3.10 knows no -P and puts the working directory first. This package is
# the one that runs here, whatever the order of the rest would find; what it needs comes from the rest.
_RUNNER = "; ".join(
    [
        "module = '{module}'",  # first, for whoever looks at a list of processes
        "import sys",
        "sys.path[:] = [place for place in sys.path if place]",
        "import json, runpy",
        "standard, home, others = json.loads(sys.argv.pop(1))",
        "sys.path[:] = [*standard, home]",
        "import oss_jupyter",
        "sys.path[:] = [*standard, *others]",
        "runpy.run_module(module, run_name='__main__', alter_sys=True)",
    ]
)

_SAID_MAX = 300
# User and password of an address, the query of a signed URL, a key's id, and long runs that mix letters and digits as
# secrets do.
_SECRETS = re.compile(
    r"(?<=/)[^\s/@]+@|\?\S+|\b(?:LTAI|STS\.|TMP\.)\w+|(?=[A-Za-z+=]*\d)(?=[\d+=]*[A-Za-z])[A-Za-z0-9+=]{24,}"
)


def python_command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of this package as ``python -m`` would. Raises OSError without a Python."""
    if not sys.executable:
        raise FileNotFoundError(tr("sys.executable is empty"))
    safe_path = ["-P"] if sys.version_info >= (3, 11) else []
    # Names of files have to mean the same bytes on both sides.
    how = [*safe_path, "-X", f"utf8={sys.flags.utf8_mode}"]
    return [sys.executable, *how, "-c", _RUNNER.format(module=module), json.dumps(_places()), *arguments]


def find_standard_modules_first() -> None:
    """Order this process's own sys.path like a child's, for a command that was typed in any folder."""
    standard, _home, others = _places()
    sys.path[:] = [*standard, *others]


def child_environment() -> dict[str, str]:
    """Return what a child needs of the environment; it speaks the language of this process."""
    kept = {
        name: value for name, value in os.environ.items() if name in _KEPT or name.upper().startswith(_KEPT_PREFIXES)
    }
    return kept | {VARIABLE: language()}


def last_words(printed: bytes | str) -> str:
    """Return the last line that a process has printed, shortened and without anything that may be a secret."""
    text = printed.decode("utf-8", "replace") if isinstance(printed, bytes) else printed
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return _SECRETS.sub("…", lines[-1])[:_SAID_MAX] if lines else ""


def _places() -> tuple[list[str], str, list[str]]:
    """Return where standard modules are, where this package is, and the rest of sys.path, our own folder last."""
    here = _working_directory()
    places = [_absolute(place, here) for place in sys.path if isinstance(place, str)]
    known = dict.fromkeys(place for place in places if place)
    beside = {os.path.realpath(place) for place in (here, _script_folder(here)) if place}
    others = [place for place in known if not _is_standard(place)]
    others.sort(key=lambda place: os.path.realpath(place) in beside)
    return [place for place in known if _is_standard(place)], str(Path(__file__).parent.parent), others


def _working_directory() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it was removed
        return ""


def _absolute(place: str, here: str) -> str:
    return os.path.normpath(os.path.join(here, place)) if here or os.path.isabs(place) else ""  # noqa: PTH117, PTH118


def _script_folder(here: str) -> str:
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    folder = os.path.dirname(_absolute(script, here)) if script else ""  # noqa: PTH120
    # A kernel is started by a file among the installed packages.
    return "" if os.path.basename(folder) in ("site-packages", "dist-packages") else folder  # noqa: PTH119


def _is_standard(place: str) -> bool:
    library = os.path.dirname(os.__file__)  # noqa: PTH120
    zipped = f"python{sys.version_info.major}{sys.version_info.minor}.zip"
    return place in (library, os.path.join(library, "lib-dynload")) or place.endswith(zipped)  # noqa: PTH118
