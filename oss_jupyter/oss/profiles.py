"""Profiles, which two tools keep in two files: ossutil's is looked at first, then the one of the Alibaba Cloud CLI."""

from __future__ import annotations

import os
from collections.abc import Mapping

from oss_jupyter.errors import InputError
from oss_jupyter.oss.aliyun_config import AliyunConfig
from oss_jupyter.oss.ossutil_config import OssutilConfig
from oss_jupyter.oss.precedence import Place
from oss_jupyter.redact import shown
from oss_jupyter.texts import listed, tr


def places_of_profile(name: str | None, environ: Mapping[str, str] = os.environ) -> tuple[Place, Place]:
    """Return what a profile says of region and endpoint, in either file; None: the ones that count without a name.

    Raises InputError where a profile that is named is in neither.
    """
    ossutil, aliyun = OssutilConfig(name, environ=environ), AliyunConfig(name, environ=environ)
    first, second = _place(ossutil.name, ossutil.place()), _place(aliyun.name, aliyun.place())
    if name and first.why_not and second.why_not:
        looked = [tr("{place}: {reason}", place=place.name, reason=place.why_not) for place in (first, second)]
        raise InputError(
            tr("The profile {name} cannot be used. {looked}.", name=shown(name), looked=listed(looked, ";")),
            tr("Name one that a file has, or make it with  ossutil config  or  aliyun configure  in a terminal."),
            code="ProfileNotFound",
        )
    return first, second


def names_of_profiles() -> tuple[tuple[str, str], ...]:
    """Return the names that could be given, each with the name of the tool whose file has it."""
    ossutil = [(name, "ossutil") for name in OssutilConfig().profile_names()]
    ours = {name for name, _ in ossutil}
    return (*ossutil, *((name, "aliyun") for name in AliyunConfig().profile_names() if name not in ours))


def _place(name: str, found: Mapping[str, str] | str) -> Place:
    return Place(name, why_not=found) if isinstance(found, str) else Place(name, found, "{name}={value}")
