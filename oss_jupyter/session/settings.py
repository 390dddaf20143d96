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

from traitlets import Bool, Dict, Enum, Float, Int, TraitError, TraitType, Unicode, Union, validate
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

T = TypeVar("T")
Trait = TypeVar("Trait", bound=TraitType[Any, Any])


class Refused(TraitError):
    """A setting cannot have a value. Its text repeats nothing that may be secret."""


class _Size(Unicode["str | None", "str | float | None"]):
    """A size or a speed: a text with its unit, or a number of bytes."""

    def validate(self, obj: Any, value: Any) -> Any:
        number = plain(value)
        given = isinstance(number, (int, float)) and not isinstance(number, bool)
        return super().validate(obj, str(number) if given else value)


def _told(trait: Trait, argument: str, more: str = "") -> Trait:
    """Return the setting that counts where an argument of `upload` is left out, with the words of both."""
    trait.help = f"{ARGUMENTS[argument].words} {more}".rstrip()
    return trait.tag(config=True)


def _kind(trait: Any) -> str:
    """Return what a setting is, as Python writes it."""
    if isinstance(trait, Union):
        return " | ".join(map(_kind, trait.trait_types))
    if isinstance(trait, Enum):
        return " | ".join(map(repr, trait.values or ()))
    name = {_Size: "int | str", Unicode: "str", Bool: "bool", Int: "int", Float: "float", Dict: "dict"}[type(trait)]
    return f"{name} | None" if trait.allow_none else name


def _told_in_lines(settings: type[Configurable]) -> str:
    traits = sorted(settings.class_own_traits(config=True).items())
    lines = (line_of(name, _kind(trait), trait.default(), trait.help) for name, trait in traits)
    return "\n".join((settings.__doc__ or "", "", *lines))


class OssJupyter(Configurable):
    """Settings of oss_jupyter. Arguments of a single upload win over these."""

    region = _told(Unicode(None, allow_none=True), "region", "None: OSS_REGION, else ~/.ossutilconfig.")
    endpoint = _told(Unicode(None, allow_none=True), "endpoint", "None: OSS_ENDPOINT, else ~/.ossutilconfig.")
    internal = _told(Bool(False), "internal")
    accelerate = _told(Bool(False), "accelerate")
    dual_stack = _told(Bool(False), "dual_stack")
    cname = _told(Bool(False), "cname")
    path_style = _told(Bool(False), "path_style", "The real service refuses it.")
    signature_version = _told(Enum([*ARGUMENTS["signature_version"].choices], default_value="v4"), "signature_version")
    proxy = _told(Unicode(None, allow_none=True), "proxy", "None: HTTPS_PROXY and its kin.")
    ca_bundle = _told(
        Unicode(None, allow_none=True), "ca_bundle", "None: REQUESTS_CA_BUNDLE, else those that requests brings."
    )
    profile = _told(Unicode(None, allow_none=True), "profile", "None: the environment, then the current one.")
    part_size = _told(_Size("auto"), "part_size", "That is 8 MiB, and up to 64 MiB for large files and fast lines.")
    parallel = _told(
        Union([Int(min=1, max=PARALLEL_MOST), Enum(["auto"])], default_value="auto"),
        "parallel",
        "It begins with 3, or with 16 files.",
    )
    parallel_most = Int(
        CONNECTIONS_MOST,
        min=1,
        max=ELASTIC_MOST,
        help="Connections of all uploads together; those that run share them fairly. A dataset of small files may have "
        f"up to {ELASTIC_MOST} while this is not set.",
    ).tag(config=True)
    uploads_at_once = Int(
        4,
        min=1,
        max=64,
        help="How many large uploads run at once; others are queued. Small ones, sent in one piece, run beside them: "
        "half as many as parallel_most says.",
    ).tag(config=True)
    limit = _Size(
        None,
        allow_none=True,
        help="Bytes a second of all uploads together, like 20MiB/s; acts at once. None: no limit.",
    ).tag(config=True)
    helper = Enum(
        ["auto", "always", "never"],
        default_value="auto",
        help="Whether parts run in a helper process, which a busy cell cannot slow down. 'auto': for larger files.",
    ).tag(config=True)
    checkpoint_dir = _told(
        Unicode(None, allow_none=True),
        "checkpoint_dir",
        "None: OSS_JUPYTER_CHECKPOINT_DIR, else in the user's state directory.",
    )
    retries = _told(Int(5, min=0, max=100), "retries")
    prove = _told(
        Enum(["kept", "all", "none"], default_value="kept"),
        "prove",
        "kept becomes all by itself where somebody has the file open for writing.",
    )
    fail_run = Bool(
        False,
        help="Whether, in a notebook that nbconvert, papermill or the like executes, a cell waits for its uploads and "
        "fails with them.",
    ).tag(config=True)
    detach = _told(Bool(False), "detach")
    wait_at_exit = _told(Bool(True), "wait_at_exit", "Else it is paused then.")
    connect_timeout_seconds = Float(10.0, min=0.1, max=86_400.0, help="Seconds: longest wait for a connection.").tag(
        config=True
    )
    stall_seconds = Float(
        30.0, min=1.0, max=86_400.0, help="Seconds: longest silence before a part or a request is sent again."
    ).tag(config=True)
    keep_alive_hours = Float(
        24.0,
        min=0.0,
        max=8760.0,
        help="Hours: for how long after an upload has begun, or gone on, the kernel counts as active while one runs. "
        "So no server culls it. 0: it does not.",
    ).tag(config=True)
    panel_idle_minutes = Float(
        10.0,
        min=0.01,
        max=525_600.0,
        help="Minutes: after how long the kernel of JupyterLab's panel ends, when nothing moves and nobody looks.",
    ).tag(config=True)
    storage_prices = Dict(
        key_trait=Unicode(),
        value_trait=Float(min=0.0),
        default_value=dict(PRICES),
        help=f"What a GB costs in a month, by storage class, for oj.leftovers; here in {CURRENCY}, of {AS_OF}.",
    ).tag(config=True)
    history = Bool(True, help="Whether uploads that end are written into the history, see oj.history.").tag(config=True)
    register_filesystem = Enum(
        ["auto", "always", "never"],
        default_value="auto",
        help="Whether oss:// in pandas, Dask and others is answered by this package, once the extension is loaded. "
        "'auto': unless ossfs is installed.",
    ).tag(config=True)
    widgets = Bool(True, help="Show live cards in notebooks; else plain outputs, for front ends without widgets.").tag(
        config=True
    )
    language = Enum(
        ["", "en", "zh"],
        default_value="",
        help="Of everything that is said; without it that of the page, else that of LANGUAGE or LANG.",
    ).tag(config=True)
    auto_resume = Bool(False, help="Resume unfinished uploads when the extension is loaded.").tag(config=True)

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
        """Refuse a wrong value in words of our own: those of traitlets repeat it, and it may be a signed URL."""
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
        raise Refused(f"{name}: {quoted(value)} is not {_wanted(trait)}. {trait.help}")

    @classmethod
    def class_get_trait_help(cls, trait: Any, inst: Any = None, helptext: str | None = None) -> str:
        """Return what `%config OssJupyter` says of a setting; the password of a proxy is left out."""
        return without_addresses(super().class_get_trait_help(trait, inst, helptext))

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
            return None if is_off(named) else absolute(named, "checkpoint_dir")
        return state_directory() / "checkpoints"


OssJupyter.__doc__ = _told_in_lines(OssJupyter)


def _accepted(check: Callable[[], T]) -> T:
    try:
        return check()
    except InputError as error:
        refusal = f"{error.what} {error.advice}"
    raise Refused(refusal)


def _wanted(trait: Any) -> str:
    """Return what a trait takes, with the bounds that `info` of traitlets leaves out."""
    if isinstance(trait, Union):
        return " or ".join(map(_wanted, trait.trait_types))
    least, most = getattr(trait, "min", None), getattr(trait, "max", None)
    return str(trait.info()) + ("" if least is None or most is None else f" from {least} to {most}")
