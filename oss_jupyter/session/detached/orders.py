"""From a spec that a kernel has made to what it hands over: values that mean the same in another process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from oss_jupyter.engine.dataset.spec import DatasetSpec
from oss_jupyter.engine.spec import TransferSpec
from oss_jupyter.errors import InputError
from oss_jupyter.local.source import FileSource
from oss_jupyter.model.arguments import AnewOptions
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.credentials import credentials_chain
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.session.detached.values import Order, Signs
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.texts import english, tr

_OF_ALL = (
    "transfer_id",
    "target",
    "options",
    "policy",
    "place",
    "host",
    "parallel",
    "limit",
    "given",
    "force",
    "prove",
)
_OF_A_FILE = (*_OF_ALL, "plan", "spooled", "adopt")
_OF_A_DATASET = (*_OF_ALL, "selection", "compare", "planned", "part_size", "small_most_bytes", "files_per_task")
# What the places of credentials look at. Nothing else of the environment has a meaning in the host.
_ABOUT_CREDENTIALS = ("OSS_", "OSSUTIL_", "ALIBABA_CLOUD_", "ALIBABACLOUD_", "ALICLOUD_")
# How the kernel's uploads are sent, and what counts for all of them together: those only where somebody has set them,
# because the host serves other kernels, too.
_SETTINGS = ("part_size", "helper", "history")
_SETTINGS_OF_ALL = ("limit", "uploads_at_once", "parallel_most")
_GOES = english(
    "What can outlive it are files, folders, globs and lists of them, and objects that are written first, such as "
    "a DataFrame or an array. Write it to a file and upload that; or leave detach out (detach=False)."
)


def order_of(spec: TransferSpec | DatasetSpec, settings: OssJupyter) -> Order:
    """Return an upload as it is handed over. Raises InputError where it has to end with its kernel."""
    _refuse_what_stays(spec)
    if spec.hindrance is not None:
        raise spec.hindrance
    is_dataset = isinstance(spec, DatasetSpec)
    assert isinstance(spec.control, SdkControl)
    return Order(
        source=spec.source if isinstance(spec, DatasetSpec) else str(spec.source.path),
        fields={name: getattr(spec, name) for name in (_OF_A_DATASET if is_dataset else _OF_A_FILE)},
        reach=reach_of(spec.control, spec),
        checkpoint_dir=str(spec.store.directory),
        signs=signs_of(given_in_python(spec), spec.profile),
        settings=settings_for_host(settings),
    )


def reach_of(control: SdkControl, spec: TransferSpec | DatasetSpec) -> EndpointSettings:
    """Return how the service is reached, with the proxy and certificates of the environment. Raises InputError."""
    route = control.route(spec.target)
    return replace(control.settings, proxy=route.proxy, ca_bundle=route.ca_bundle)


def settings_for_host(settings: OssJupyter) -> dict[str, Any]:
    """Return the settings that the host takes over."""
    return {name: getattr(settings, name) for name in (*_SETTINGS, *settings.named(_SETTINGS_OF_ALL))}


def given_in_python(spec: TransferSpec | DatasetSpec) -> Any:
    """Return what gives the credentials of an upload where they were given in Python, else None."""
    return spec.control.credentials if spec.credentials_given and isinstance(spec.control, SdkControl) else None


def signs_of(given: Any, profile: str) -> Signs:
    """Return who signs: credentials given in Python as they are now, or what leads to some. Raises CredentialsError."""
    if given is not None:
        return Signs(in_values(given))
    return Signs(profile=profile, environ={name: _told(name, os.environ) for name in list(os.environ) if _leads(name)})


def signs_anew(anew: AnewOptions) -> Signs | None:
    """Return who is to sign from now on, None where nothing is said of that. Raises CredentialsError."""
    if anew.get("credentials") is None and not anew.get("profile"):
        return None
    return signs_of(anew.get("credentials"), anew.get("profile") or "")


def in_values(given: Any) -> tuple[str, ...]:
    """Return what credentials given in Python are now, as a pair or a triple. Raises CredentialsError."""
    found = credentials_chain(given)()
    token = (found.security_token,) if found.security_token else ()
    return (found.access_key_id, found.access_key_secret, *token)


def refused(what: str, advice: str) -> InputError:
    """Return why an upload cannot outlive its kernel."""
    return InputError(what, advice, safe=tr("Nothing was sent."), code="CannotDetach")


def _refuse_what_stays(spec: TransferSpec | DatasetSpec) -> None:
    if isinstance(spec, DatasetSpec):
        if spec.made:
            raise refused(tr("This kernel computes the table while it is sent, so that ends with it."), tr(_GOES))
    elif spec.open_ended or not isinstance(spec.source, FileSource):
        raise refused(tr("A stream is made in this kernel while it is sent, so that ends with it."), tr(_GOES))
    if not spec.store.directory:
        raise refused(
            tr("The next kernel finds a detached upload by its checkpoint, and checkpoint_dir is off."),
            tr("Give a checkpoint_dir, or leave detach out (detach=False)."),
        )


def _leads(name: str) -> bool:
    return name.startswith(_ABOUT_CREDENTIALS)


def _told(name: str, environ: Mapping[str, str]) -> str:
    """Return a variable as it means the same in another folder."""
    value = environ.get(name, "")
    return os.path.abspath(os.path.expanduser(value)) if value and name.endswith("_FILE") else value  # noqa: PTH100, PTH111
