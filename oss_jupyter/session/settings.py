"""Every setting, as traitlets of one Configurable: `%config OssJupyter`, ``ipython_config.py``, then the environment.

What is None here is taken from the environment, and then from ossutil's own file where it has such a thing.
No setting holds a key: credentials are looked up when something is signed.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from traitlets import Bool, Dict, Enum, Float, Int, TraitError, Unicode, Union, validate
from traitlets.config import Configurable

from oss_jupyter.errors import InputError, OssJupyterError
from oss_jupyter.model.arguments import ARGUMENTS
from oss_jupyter.model.budget import CONNECTIONS_MOST, ELASTIC_MOST, Connections
from oss_jupyter.model.described import line_of
from oss_jupyter.model.given import is_off, plain
from oss_jupyter.model.parallel import PARALLEL_MOST
from oss_jupyter.model.sizes import parse_limit, parse_size
from oss_jupyter.model.storage_prices import AS_OF, CURRENCY, PRICES
from oss_jupyter.oss.endpoint import split_endpoint
from oss_jupyter.oss.proxy import checked_proxy
from oss_jupyter.paths import absolute, state_directory
from oss_jupyter.redact import quoted, without_addresses
from oss_jupyter.session.setting_words import (
    help_of,
    listed_help,
    speaks_english,
    told,
    told_as,
    unknown_setting,
    wanted,
)
from oss_jupyter.texts import english, sentences, tr

T = TypeVar("T")


class Refused(TraitError):
    """A setting cannot have a value. Its text repeats nothing that may be secret."""


class _Size(Unicode["str | None", "str | float | None"]):
    """A size or a speed: a text with its unit, or a number of bytes."""

    def validate(self, obj: Any, value: Any) -> Any:
        number = plain(value)
        given = isinstance(number, (int, float)) and not isinstance(number, bool)
        return super().validate(obj, str(number) if given else value)


def _kind(trait: Any) -> str:
    """Return what a setting is, as Python writes it."""
    if isinstance(trait, Union):
        return " | ".join(map(_kind, trait.trait_types))
    if isinstance(trait, Enum):
        return " | ".join(map(repr, trait.values or ()))
    name = {_Size: "int | str", Unicode: "str", Bool: "bool", Int: "int", Float: "float", Dict: "dict"}[type(trait)]
    return f"{name} | None" if trait.allow_none else name


def _in_lines(settings: type[Configurable], about: str, help_of: Callable[[Any], str]) -> str:
    traits = sorted(settings.class_own_traits(config=True).items())
    lines = (line_of(name, _kind(trait), trait.default(), help_of(trait)) for name, trait in traits)
    return "\n".join((about, "", *lines))


_ABOUT = english("Settings of oss_jupyter. Arguments of a single upload win over these.")


class OssJupyter(Configurable):
    """Every setting; what is told of each stands beside it."""

    region = told_as(Unicode(None, allow_none=True), "region", english("None: OSS_REGION, else ~/.ossutilconfig."))
    endpoint = told_as(
        Unicode(None, allow_none=True), "endpoint", english("None: OSS_ENDPOINT, else ~/.ossutilconfig.")
    )
    internal = told_as(Bool(False), "internal")
    accelerate = told_as(Bool(False), "accelerate")
    dual_stack = told_as(Bool(False), "dual_stack")
    cname = told_as(Bool(False), "cname")
    path_style = told_as(Bool(False), "path_style", english("The real service refuses it."))
    signature_version = told_as(
        Enum([*ARGUMENTS["signature_version"].choices], default_value="v4"), "signature_version"
    )
    proxy = told_as(Unicode(None, allow_none=True), "proxy", english("None: HTTPS_PROXY and its kin."))
    ca_bundle = told_as(
        Unicode(None, allow_none=True),
        "ca_bundle",
        english("None: REQUESTS_CA_BUNDLE, else those that requests brings."),
    )
    profile = told_as(
        Unicode(None, allow_none=True), "profile", english("None: the environment, then the current one.")
    )
    part_size = told_as(
        _Size("auto"), "part_size", english("That is 8 MiB, and up to 64 MiB for large files and fast lines.")
    )
    parallel = told_as(
        Union([Int(min=1, max=PARALLEL_MOST), Enum(["auto"])], default_value="auto"),
        "parallel",
        english("It begins with 3, or with 16 files."),
    )
    parallel_most = told(
        Int(CONNECTIONS_MOST, min=1, max=ELASTIC_MOST),
        english(
            "Connections of all uploads together; those that run share them fairly. A dataset of small files may have "
            "up to {most} while this is not set."
        ),
        most=ELASTIC_MOST,
    )
    uploads_at_once = told(
        Int(4, min=1, max=64),
        english(
            "How many large uploads run at once; others are queued. Small ones, sent in one piece, run beside them: "
            "half as many as parallel_most says."
        ),
    )
    limit = told(
        _Size(None, allow_none=True),
        english("Bytes a second of all uploads together, like 20MiB/s; acts at once. None: no limit."),
    )
    helper = told(
        Enum(["auto", "always", "never"], default_value="auto"),
        english("Whether parts run in a helper process, which a busy cell cannot slow down. 'auto': for larger files."),
    )
    checkpoint_dir = told_as(
        Unicode(None, allow_none=True),
        "checkpoint_dir",
        english("None: OSS_JUPYTER_CHECKPOINT_DIR, else in the user's state directory."),
    )
    retries = told_as(Int(5, min=0, max=100), "retries")
    prove = told_as(
        Enum(["kept", "all", "none"], default_value="kept"),
        "prove",
        english("kept becomes all by itself where somebody has the file open for writing."),
    )
    fail_run = told(
        Bool(False),
        english(
            "Whether, in a notebook that nbconvert, papermill or the like executes, a cell waits for its uploads and "
            "fails with them."
        ),
    )
    detach = told_as(Bool(False), "detach")
    wait_at_exit = told_as(Bool(True), "wait_at_exit", english("Else it is paused then."))
    connect_timeout_seconds = told(
        Float(10.0, min=0.1, max=86_400.0), english("Seconds: longest wait for a connection.")
    )
    stall_seconds = told(
        Float(30.0, min=1.0, max=86_400.0),
        english("Seconds: longest silence before a part or a request is sent again."),
    )
    keep_alive_hours = told(
        Float(24.0, min=0.0, max=8760.0),
        english(
            "Hours: for how long after an upload has begun, or gone on, the kernel counts as active while one runs. "
            "So no server culls it. 0: it does not."
        ),
    )
    panel_idle_minutes = told(
        Float(10.0, min=0.01, max=525_600.0),
        english("Minutes: after how long the kernel of JupyterLab's panel ends, when nothing moves and nobody looks."),
    )
    storage_prices = told(
        Dict(key_trait=Unicode(), value_trait=Float(min=0.0), default_value=dict(PRICES)),
        english("What a GB costs in a month, by storage class, for oj.leftovers; here in {currency}, of {year}."),
        currency=CURRENCY,
        year=AS_OF,
    )
    history = told(Bool(True), english("Whether uploads that end are written into the history, see oj.history."))
    register_filesystem = told(
        Enum(["auto", "always", "never"], default_value="auto"),
        english(
            "Whether oss:// in pandas, Dask and others is answered by this package, once the extension is loaded. "
            "'auto': unless ossfs is installed."
        ),
    )
    widgets = told(
        Bool(True), english("Show live cards in notebooks; else plain outputs, for front ends without widgets.")
    )
    language = told(
        Enum(["", "en", "zh"], default_value=""),
        english("Of everything that is said. Empty: Chinese where the page, LANGUAGE or LANG say so, else English."),
    )
    auto_resume = told(Bool(False), english("Resume unfinished uploads when the extension is loaded."))

    @validate("part_size", "limit")
    def _check_size(self, proposal: dict[str, Any]) -> str | None:
        value, name = proposal["value"], proposal["trait"].name
        if name == "limit":
            return value if _accepted(partial(parse_limit, value)) else None
        if value != "auto":
            _accepted(partial(parse_size, value, name))
        return str(value)

    @validate("proxy")
    def _check_proxy(self, proposal: dict[str, Any]) -> str | None:
        return _accepted(partial(checked_proxy, proposal["value"])) if proposal["value"] else None

    @validate("endpoint")
    def _check_endpoint(self, proposal: dict[str, Any]) -> str | None:
        value: str | None = proposal["value"]
        if value:
            _accepted(partial(split_endpoint, value))
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse what is no setting, and a wrong value in words of our own: those of traitlets repeat it, and it may
        be a signed URL."""
        if not (name.startswith("_") or hasattr(type(self), name)):
            raise unknown_setting(name, self.trait_names(config=True))
        try:
            if not (isinstance(value, float) and math.isnan(value)):
                super().__setattr__(name, value)
                vars(self).setdefault("_named", set()).add(name)
                return
        except (Refused, OssJupyterError, KeyboardInterrupt):
            raise
        except BaseException:  # it asks a value of any kind for its repr, which is foreign code
            if name not in self.trait_names(config=True):
                raise
        # Raised outside of the block: what traitlets said would travel along as its context.
        trait = self.traits()[name]
        refusal = tr("{name}: {value} is not {wanted}.", name=name, value=quoted(value), wanted=wanted(trait))
        raise Refused(sentences(refusal, help_of(trait)))

    @classmethod
    def class_get_trait_help(cls, trait: Any, inst: Any = None, helptext: str | None = None) -> str:
        """Return what `%config OssJupyter` says of a setting; the password of a proxy is left out."""
        if helptext is not None or speaks_english():
            return without_addresses(super().class_get_trait_help(trait, inst, helptext))
        return without_addresses(listed_help(super().class_get_trait_help(trait, inst, ""), trait))

    @classmethod
    def getdoc(cls) -> str:
        """Return what IPython's `?` shows: each setting in a line, in the reader's language."""
        return _in_lines(cls, tr(_ABOUT), help_of)

    def named(self, names: Iterable[str]) -> list[str]:
        """Return those of the names to which somebody has given a value, be it the one that counts anyway."""
        return [name for name in names if name in vars(self).get("_named", ())]

    def connections(self) -> Connections:
        """Return how many connections there are; a number that somebody has named is the most for everything."""
        named = self.named(["parallel_most"])
        return Connections(self.parallel_most, self.parallel_most if named else ELASTIC_MOST)

    def checkpoint_path(self) -> Path | None:
        """Return the checkpoint directory, or None where resuming is off."""
        named = self.checkpoint_dir or os.environ.get("OSS_JUPYTER_CHECKPOINT_DIR")
        if named:
            return None if is_off(named) else absolute(named, "checkpoint_dir", made=True)
        return state_directory() / "checkpoints"


OssJupyter.__doc__ = _in_lines(OssJupyter, _ABOUT, lambda trait: str(trait.help))


def _accepted(check: Callable[[], T]) -> T:
    try:
        return check()
    except InputError as error:
        refusal = sentences(error.what, error.advice)
    raise Refused(refusal)
