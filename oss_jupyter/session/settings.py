"""Every setting, as traitlets of one Configurable: `%config OssJupyter`, ``ipython_config.py``, then the environment.

What is None here is taken from the environment, and then from ossutil's own file where it has such a thing.
No setting holds a key: credentials are looked up when something is signed.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from traitlets import Bool, Enum, Float, Int, TraitError, Unicode, Union, validate
from traitlets.config import Configurable

from oss_jupyter.errors import InputError, OssJupyterError
from oss_jupyter.model.given import word
from oss_jupyter.model.sizes import parse_size, parse_speed
from oss_jupyter.oss.endpoint import split_endpoint
from oss_jupyter.oss.proxy import checked_proxy
from oss_jupyter.paths import absolute, state_directory
from oss_jupyter.redact import quoted, without_addresses

T = TypeVar("T")

# Words that switch something off where Python's None cannot be written.
_OFF = frozenset({"none", "off", "no"})


class Refused(TraitError):
    """A setting cannot have a value. Its text repeats nothing that may be secret."""


class OssJupyter(Configurable):
    """Settings of oss_jupyter. Arguments of a single upload win over these."""

    region = Unicode(
        None, allow_none=True, help="The buckets' region, like cn-hangzhou. Else OSS_REGION, else ~/.ossutilconfig."
    ).tag(config=True)
    endpoint = Unicode(
        None, allow_none=True, help="A host or URL. Else OSS_ENDPOINT, else ~/.ossutilconfig, else from the region."
    ).tag(config=True)
    internal = Bool(False, help="Use the internal endpoint, inside the same region's network.").tag(config=True)
    accelerate = Bool(False, help="Use transfer acceleration; the bucket must have it enabled.").tag(config=True)
    dual_stack = Bool(False, help="Use the endpoint that speaks IPv4 and IPv6.").tag(config=True)
    cname = Bool(False, help="The endpoint is a domain of your own, bound to one bucket.").tag(config=True)
    path_style = Bool(False, help="Put the bucket into the path; for gateways, the real service refuses it.").tag(
        config=True
    )
    signature_version = Enum(["v4", "v1"], default_value="v4", help="Signature version.").tag(config=True)
    proxy = Unicode(None, allow_none=True, help="A proxy's URL. Else HTTPS_PROXY and its kin.").tag(config=True)
    ca_bundle = Unicode(None, allow_none=True, help="A file of trusted certificates.").tag(config=True)
    profile = Unicode(None, allow_none=True, help="A profile in ~/.ossutilconfig.").tag(config=True)
    part_size = Unicode(
        "auto", help="Size of a part. 'auto': 8 MiB, and up to 64 MiB for large files and fast lines."
    ).tag(config=True)
    parallel = Union(
        [Int(min=1, max=64), Enum(["auto"])],
        default_value="auto",
        help="Parts on the wire at once, for each upload. 'auto' starts at 3 and follows the line.",
    ).tag(config=True)
    parallel_most = Int(16, min=1, max=64, help="How far 'auto' may go.").tag(config=True)
    uploads_at_once = Int(
        4,
        min=1,
        max=64,
        help="How many large uploads run at once; others are queued. Small ones, sent in one piece, run beside them.",
    ).tag(config=True)
    limit = Unicode(None, allow_none=True, help="Speed limit of all uploads together, like 20MiB/s; acts at once.").tag(
        config=True
    )
    helper = Enum(
        ["auto", "always", "never"],
        default_value="auto",
        help="Whether parts run in a helper process, which a busy cell cannot slow down. 'auto': for larger files.",
    ).tag(config=True)
    checkpoint_dir = Unicode(
        None,
        allow_none=True,
        help="Where checkpoints lie; 'none' switches resuming off. Else OSS_JUPYTER_CHECKPOINT_DIR, "
        "else the user's state directory.",
    ).tag(config=True)
    retries = Int(5, min=0, max=100, help="How often one part is tried again.").tag(config=True)
    prove = Enum(
        ["kept", "all", "none"],
        default_value="kept",
        help="Which bytes are read again and compared with what was sent: those that earlier runs sent, all, or none. "
        "'kept' becomes 'all' by itself where somebody has the file open for writing.",
    ).tag(config=True)
    fail_run = Bool(
        False,
        help="Whether, in a notebook that nbconvert, papermill or the like executes, a cell waits for its uploads and "
        "fails with them.",
    ).tag(config=True)
    wait_at_exit = Bool(
        True, help="Whether a plain script waits at its end for uploads that still run; else they are paused then."
    ).tag(config=True)
    connect_timeout_seconds = Float(10.0, min=0.1, max=86_400.0, help="Longest wait for a connection.").tag(config=True)
    stall_seconds = Float(
        30.0, min=1.0, max=86_400.0, help="Longest silence before a part or a request is sent again."
    ).tag(config=True)
    widgets = Bool(True, help="Show live cards in notebooks; else plain outputs, for front ends without widgets.").tag(
        config=True
    )
    language = Enum(["", "en", "zh"], default_value="", help="Of the cards; without it the page's own.").tag(
        config=True
    )
    auto_resume = Bool(False, help="Resume unfinished uploads when the extension is loaded.").tag(config=True)

    @validate("part_size", "limit")
    def _check_size(self, proposal: dict[str, Any]) -> str | None:
        value = proposal["value"]
        if value is not None and value != "auto":
            parse = parse_speed if proposal["trait"].name == "limit" else parse_size
            _accepted(partial(parse, value, proposal["trait"].name))
        return None if value is None else str(value)

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

    def checkpoint_path(self) -> Path | None:
        """Return the checkpoint directory, or None where resuming is off."""
        named = self.checkpoint_dir or os.environ.get("OSS_JUPYTER_CHECKPOINT_DIR")
        if named:
            return None if is_off(named) else absolute(named, "checkpoint_dir")
        return state_directory() / "checkpoints"


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


def is_off(value: Any) -> bool:
    """Whether a value is a word that switches something off."""
    return word(value) in _OFF
