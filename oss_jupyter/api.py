"""The public functions. They share one session per process, which the extension sets up with the user's settings.

A script gets no more than it needs: what a notebook adds is loaded only where IPython runs.
"""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.model.arguments import AnewOptions, ReachingOptions, UploadOptions
from oss_jupyter.model.credentials_found import CredentialsFound
from oss_jupyter.model.dataset_plan import DatasetPlan
from oss_jupyter.model.finding import Check
from oss_jupyter.model.history import History
from oss_jupyter.model.leftover import Leftovers
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.session.checking import check as check_in
from oss_jupyter.session.forgetting import forget as forget_in
from oss_jupyter.session.history import find_history
from oss_jupyter.session.leftovers import find_leftovers
from oss_jupyter.session.manual import with_arguments
from oss_jupyter.session.planning import plan as make_plan
from oss_jupyter.session.session import Session, current_session
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.session.text import left_alone
from oss_jupyter.session.who_signs import who_signs

if TYPE_CHECKING:
    from typing_extensions import Unpack  # in typing only from Python 3.11 on

    from oss_jupyter.notebook.panel.common.widget import PanelWidget
    from oss_jupyter.remote.filesystem import OssFileSystem


def settings() -> OssJupyter:
    """Return the settings: every attribute is a default of `upload`, see ``%config OssJupyter``."""
    return _session().settings


@with_arguments
def upload(source: Any, target: str, **arguments: Unpack[UploadOptions]) -> Transfer:
    """Upload a local file, or a dataset of many, behind the caller's back and return at once.

    Calling it again with the same source and target attaches to the live transfer, resumes the
    unfinished one, or finds that the objects are already there.

    source: path of a file, of a folder, a glob like ``"data/*/*.parquet"``; a list of these; or a
    mapping of paths to keys. target: ``oss://bucket/key``; one that ends in ``/`` gets the file's
    name, or the contents of a folder. All but a single file gives a DatasetTransfer.

    None is the same as leaving an argument out: then the setting of its name counts, see
    `oj.settings`, whose default stands behind the =; and what has no setting is not asked for.
    Raises InputError or SourceError before anything is sent; `Transfer.result` raises the rest.
    """
    return _session().upload(source, target, UploadArguments.of(**arguments))


@with_arguments
def plan(source: Any, target: str, **arguments: Unpack[UploadOptions]) -> DatasetPlan:
    """Return what `upload` with the same arguments would do with each file; nothing is sent.

    source, target and all else are as in `upload`. The plan is shown as a table, and its `upload()` carries out exactly
    what it shows. Looking reads the files that have to be compared, and asks for lists of objects.

    Raises InputError or SourceError for what can be known at once, and what stands in the way of asking the service.
    """
    return make_plan(_session(), source, target, UploadArguments.of(**arguments))


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
    resumed = session.resume(
        text, credentials=credentials, profile=profile, region=region, endpoint=endpoint, ca_bundle=ca_bundle
    )
    for transfer in session.left_alone() if text == "all" else ():
        warnings.warn(left_alone(transfer.snapshot()), stacklevel=2)
    return resumed


def abort(
    text: str,
    keep_parts: bool = False,
    credentials: Any = None,
    *,
    profile: str | None = None,
    region: str | None = None,
    endpoint: str | None = None,
    ca_bundle: str | None = None,
) -> tuple[Transfer, ...]:
    """Give up the transfer whose id begins with `text`, or all unfinished ones for ``"all"``, and return them.

    It returns at once; `Transfer.wait` waits until the parts are removed from OSS. keep_parts: leave them there, with
    the checkpoint, so that the upload can be resumed. The other arguments are as in `resume`; with "all", what `resume`
    leaves out is left out here, too.

    Raises TransferNotFound, TransferStateError where it is over, InputError where an argument cannot work.
    """
    anew = AnewOptions(credentials=credentials, profile=profile, region=region, endpoint=endpoint, ca_bundle=ca_bundle)
    return _session().abort(text, keep_parts, **anew)


def forget(text: str) -> str:
    """Remove the checkpoint of the transfer whose id begins with `text`, without asking the service anything.

    For uploads that no abort can reach any more. Return what may stay behind in OSS, where it is billed, and how to
    remove it there.

    Raises TransferNotFound, TransferStateError while it runs, TransferBusy where another kernel drives it.
    """
    return forget_in(_session(), text)


def leftovers(place: str, count_most: int = 1000, **reach: Unpack[ReachingOptions]) -> Leftovers:
    """Return the unfinished multipart uploads below ``oss://bucket/prefix``: parts that are billed and no list shows.

    They are shown as a table, with their age, parts and size, whose they are, and what they cost a month. Its
    ``remove("ID")`` and ``remove(older_than="7d")`` remove them, and ``lifecycle_rule()`` is a rule for the bucket that
    does. count_most: of so many uploads parts are counted, a request for each. reach: as in `filesystem`.

    It needs oss:ListMultipartUploads; oss:ListParts to count, oss:AbortMultipartUpload to remove. Raises InputError
    where an argument cannot work, and what stands in the way of asking the service.
    """
    return find_leftovers(_session(), place, count_most, **reach)


def history(last: int | None = None) -> History:
    """Return the uploads that have ended, in all kernels of this user, the oldest first; a table where it is shown.

    One that fails and is resumed has an entry for each end; a dataset has one, and not one for each file.
    ``to_frame()`` is a table of pandas, ``to_csv(path)`` a file. last: so many of the last ones; None: all that are
    kept, 20 MB at most. ``oj.settings().history = False`` writes no more of them.

    Raises InputError where `last` is no such number, CheckpointError where the file is not the user's or unreadable.
    """
    return find_history(_session().manager, last)


def filesystem(pickle_credentials: bool = False, **place: Unpack[ReachingOptions]) -> OssFileSystem:
    """Return OSS as a filesystem of fsspec's, for pandas, polars, pyarrow, DuckDB, Dask and whatever else takes one.

    Paths are ``bucket/key`` or ``oss://bucket/key``. It reads ranges, proves what it reads whole by CRC-64, and writes
    by uploads: an object is there when it is complete, and one that is there already is replaced in that moment.

    place: how the service is reached, as in `upload`; what is not given comes from the settings. pickle_credentials:
    whether credentials that are given here go along where the filesystem is pickled, to the workers of a cluster for
    example; else they are looked for there, in the places where `credentials` looks.

    Raises InputError where an argument cannot work.
    """
    from oss_jupyter.remote.filesystem import OssFileSystem  # fsspec, 30 ms

    _session()
    return OssFileSystem(pickle_credentials=pickle_credentials, **place)


def credentials(profile: str | None = None) -> CredentialsFound:
    """Return where the credentials were found that sign an upload, and how long they last; never what they are.

    The places are asked anew, in their order: the environment (``OSS_*``, then ``ALIBABA_CLOUD_*``), the profile in
    ``~/.ossutilconfig``, the one in ``~/.aliyun/config.json``, ``~/.alibabacloud/credentials.ini``, the role of a pod
    (OIDC), ``ALIBABA_CLOUD_CREDENTIALS_URI``, and the RAM role of the machine. profile: looked for in the two files
    only; None: the setting.

    Raises CredentialsError where none are found, or where those of a place that is set up cannot be had.
    """
    return who_signs(_session().wiring, profile)


def check(target: str = "", source: Any = None, *, fast: bool = False, **place: Unpack[ReachingOptions]) -> Check:
    """Look at what could stand in the way of an upload, for some seconds, and return a line for each thing.

    The way to the service, the clock, the credentials and how long they last, the bucket and its region, what is
    allowed, what is there already, room on this computer, the speed of the line, and what could end an upload early.
    Nothing is stored in the bucket; the parts that measure the speed are removed at once.

    target: ``oss://bucket/prefix/``, or the key that is meant; without it no bucket is asked. source: as in `upload`,
    so that its time can be told. fast: without measuring the speed. place: how the service is reached, as in `upload`.

    What stands in the way is a line of the Check, and raises nothing: ``check.ok`` says whether there is one. That goes
    for a file, a profile or a bucket's name that is wrong, too. Raises InputError only where an argument has another
    name or type than those of `upload`.
    """
    return check_in(_session(), target, source, UploadArguments.of(**place), fast=fast)


def panel() -> None:
    """Show every upload in the running cell, with its buttons and a form to start one; without widgets, list them."""
    from oss_jupyter.notebook.magics.uploads import Uploads

    Uploads(_session()).panel()


def widget(transfer: Transfer | None = None, language: str = "") -> PanelWidget:
    """Return the card of a transfer, or without one the desk, as a widget: ``mo.ui.anywidget(oj.widget(transfer))``.

    It is for front ends such as marimo. In Jupyter `%oss_upload` and `panel` show the same, and leave words in the
    notebook as well. language: "en", "zh", or "" for the page's own.
    """
    from oss_jupyter.notebook.panel.show import widget_of

    _session()
    return widget_of(transfer, language)


def _session() -> Session:
    """Return this process's session, which lives with IPython where that runs. Looking does not load IPython."""
    session, module = current_session(), sys.modules.get("IPython.core.getipython")
    if module is not None and module.get_ipython() is not None:
        from oss_jupyter.notebook.magics.unattended import attach

        attach(session)
    session.warm_up()
    return session
