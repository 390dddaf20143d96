"""The public functions. They share one session per process, which the extension sets up with the user's settings.

A script gets no more than it needs: what a notebook adds is loaded only where IPython runs.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.session.forgetting import forget as forget_in
from oss_jupyter.session.session import Session, current_session
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.session.stores import UNSET, Unset
from oss_jupyter.session.text import left_alone


def settings() -> OssJupyter:
    """Return the settings: every attribute is a default of `upload`, see ``%config OssJupyter``."""
    return _session().settings


def upload(
    source: str | os.PathLike[str],
    target: str,
    *,
    part_size: int | str | None = None,
    parallel: int | str | None = None,
    limit: int | str | None = None,
    executor: Executor | None = None,
    checkpoint_dir: str | os.PathLike[str] | Unset | None = UNSET,
    region: str | None = None,
    endpoint: str | None = None,
    internal: bool | None = None,
    accelerate: bool | None = None,
    dual_stack: bool | None = None,
    cname: bool | None = None,
    path_style: bool | None = None,
    signature_version: str | None = None,
    proxy: str | None = None,
    ca_bundle: str | None = None,
    credentials: Any = None,
    profile: str | None = None,
    retries: int | None = None,
    force: bool = False,
    prove: str | None = None,
    wait_at_exit: bool | None = None,
    on_progress: Callable[[Snapshot], None] | None = None,
    content_type: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    **options: Any,
) -> Transfer:
    """Upload a local file behind the caller's back and return at once.

    Calling it again with the same file and target attaches to the live transfer, resumes the unfinished one, or finds
    that the object is already there. What is left out comes from the settings.

    source: path of a file. target: ``oss://bucket/key``; a key that ends in ``/`` gets the file's name appended.
    part_size: bytes, text such as ``"16MiB"`` (at least 100 KiB), or "auto". parallel: parts on the wire at once, or
    "auto" to follow the line. limit: speed limit of this upload, such as ``"20MiB/s"``. executor: where parts run
    instead of a helper process, any `concurrent.futures.Executor`.
    checkpoint_dir: where the place is kept; None switches resuming off, and a failure then means the whole file again.
    region, endpoint, internal, accelerate, dual_stack, cname, path_style, signature_version, proxy, ca_bundle: how the
    service is reached. credentials: a key pair, a triple with an STS token, a provider of the SDK, or a callable that
    returns any of them; without it the environment, then ~/.ossutilconfig, then the default chain are asked.
    profile: of ~/.ossutilconfig. retries: how often one part is tried again. force: send even if the same object is
    already there. prove: which bytes are read again and compared with what was sent: "kept" (those that earlier runs
    sent), "all" (every byte, just before the object is put together) or "none". wait_at_exit: whether a script that
    ends waits for this upload, as it does unless told otherwise. on_progress: called with a Snapshot a
    few times a second and once at the end, on another thread.
    options: content_type, metadata, acl, storage_class, tagging (a mapping, or ``"k=v&k2=v2"``), expires (a datetime or
    a date as text), callback and callback_var (mappings), server_side_encryption or sse, and the rest of ObjectOptions.

    Raises InputError or SourceError for what can be known before anything is sent; everything later is raised by
    `Transfer.result`.
    """
    arguments = {
        "part_size": part_size,
        "parallel": parallel,
        "limit": limit,
        "executor": executor,
        "region": region,
        "endpoint": endpoint,
        "internal": internal,
        "accelerate": accelerate,
        "dual_stack": dual_stack,
        "cname": cname,
        "path_style": path_style,
        "signature_version": signature_version,
        "proxy": proxy,
        "ca_bundle": ca_bundle,
        "credentials": credentials,
        "profile": profile,
        "retries": retries,
        "force": force,
        "prove": prove,
        "wait_at_exit": wait_at_exit,
        "content_type": content_type,
        "metadata": metadata,
        **options,
    }
    if not isinstance(checkpoint_dir, Unset):
        arguments["checkpoint_dir"] = checkpoint_dir
    return _session().upload(source, target, arguments, on_progress)


def transfers() -> tuple[Transfer, ...]:
    """Return the transfers of this kernel, and those in the checkpoint directory that earlier or other kernels began.

    What another kernel drives has the state "in another kernel" and can only be looked at. Checkpoints that cannot be
    used, because they are damaged or somebody else's, are named by ``%oss_uploads``.
    """
    return _session().transfers()


def resume(
    text: str,
    credentials: Any = None,
    *,
    profile: str | None = None,
    region: str | None = None,
    endpoint: str | None = None,
    ca_bundle: str | None = None,
) -> tuple[Transfer, ...]:
    """Resume the transfer whose id begins with `text`, or every unfinished one for ``"all"``; return what was resumed.

    The other arguments replace those of the first time, where they are not good any more; see `upload`.

    With "all", an upload is left out, with a warning, where something of it is missing; or where it would go to an
    endpoint that no setting, environment or profile of yours names, or others can write its checkpoint: name it then.

    Raises TransferNotFound, TransferStateError where it cannot be resumed, InputError where an argument cannot work.
    """
    session = _session()
    resumed = session.resume(text, credentials, profile=profile, region=region, endpoint=endpoint, ca_bundle=ca_bundle)
    for transfer in session.left_alone() if text == "all" else ():
        warnings.warn(left_alone(transfer.snapshot()), stacklevel=2)
    return resumed


def abort(text: str, keep_parts: bool = False, **anew: Any) -> tuple[Transfer, ...]:
    """Give up the transfer whose id begins with `text`, or all unfinished ones for ``"all"``, and return them.

    It returns at once; `Transfer.wait` waits until the parts are removed from OSS. keep_parts: leave them there, with
    the checkpoint, so that the upload can be resumed. anew: credentials, profile, region, endpoint, ca_bundle, as in
    `resume`. With "all", what `resume` leaves out is left out here, too.

    Raises TransferNotFound, TransferStateError where it is over, InputError where an argument cannot work.
    """
    return _session().abort(text, keep_parts, **anew)


def forget(text: str) -> str:
    """Remove the checkpoint of the transfer whose id begins with `text`, without asking the service anything.

    For uploads that no abort can reach any more. Return what may stay behind in OSS, where it is billed, and how to
    remove it there.

    Raises TransferNotFound, TransferStateError while it runs, TransferBusy where another kernel drives it.
    """
    return forget_in(_session(), text)


def panel() -> None:
    """Show every upload in the running cell, with its buttons and a form to start one; without widgets, list them."""
    from oss_jupyter.notebook.magics.uploads import Uploads

    Uploads(_session()).panel()


def _session() -> Session:
    """Return this process's session, which lives with IPython where that runs. Looking does not load IPython."""
    session, module = current_session(), sys.modules.get("IPython.core.getipython")
    if module is not None and module.get_ipython() is not None:
        from oss_jupyter.notebook.magics.unattended import attach

        attach(session)
    return session
