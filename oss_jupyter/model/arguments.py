"""The arguments of an upload, each named once. Whatever else names them is derived from here.

`UploadOptions` is the definition: its keys are what `oss_jupyter.upload` takes beside source and target, its types what
editors and type checkers see, and what stands beside each type is what help, the magic and the README tell of it. Each
of the five groups is a dictionary of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Protocol, TypedDict, get_type_hints

from oss_jupyter.model.described import type_names
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.texts import english


class PathLike(Protocol):
    """A path as `pathlib` has them."""

    def __fspath__(self) -> str: ...


@dataclass(frozen=True)
class Argument:
    """What is told of one argument.

    words: one line on what it is, for `tr`. takes: what stands behind the magic's option, where it is not the name;
    python: what Python takes, where the words are about a line. unit: of a number. none: what None means, where that is
    not the same as leaving it out. choices: all that it can be. short_for: the full name, if this is a short one.
    default: what counts where neither an argument nor a setting says anything else.

    on_a_line: whether a magic can take it. in_form: whether the desk's form asks for it. elsewhere: whether it is a way
    that leads to another place than the endpoint. name, types and group are filled in from the dictionaries below.
    """

    words: str
    takes: str = ""
    python: str = ""
    unit: str = ""
    none: str = ""
    choices: tuple[str, ...] = ()
    short_for: str = ""
    default: Any = None
    on_a_line: bool = True
    in_form: bool = False
    elsewhere: bool = False
    name: str = ""
    types: tuple[str, ...] = ()
    group: str = ""


class SendingOptions(TypedDict, total=False):
    """How it is sent."""

    force: Annotated[bool, Argument(english("Send even if the same object is already there."), default=False)]
    part_size: Annotated[
        int | str | None, Argument(english("Like 16MiB, at least 100KiB; or auto."), "SIZE", unit="bytes", in_form=True)
    ]
    parallel: Annotated[
        int | str | None,
        Argument(
            english("Parts or files at once, 1 to 256; or auto, as the line allows."),
            "N",
            in_form=True,
        ),
    ]
    limit: Annotated[
        float | str | None,
        Argument(
            english("Like 20MiB/s: the most that this upload takes of the line."), "SPEED", unit="bytes/s", in_form=True
        ),
    ]
    retries: Annotated[int | None, Argument(english("How often one part is tried again."), "N")]
    prove: Annotated[
        str | None,
        Argument(english("Which bytes are read again: kept (those of earlier runs), all, or none."), "WHICH"),
    ]
    checkpoint_dir: Annotated[
        str | PathLike | None,
        Argument(english("Where the place is kept; none or off: no resuming."), "DIR", none="off"),
    ]
    adopt: Annotated[
        bool | None,
        Argument(english("Carry on with parts in OSS that no checkpoint knows, even fresh ones; or never.")),
    ]
    detach: Annotated[bool | None, Argument(english("Outlive the kernel; no stream can."), in_form=True)]
    executor: Annotated[
        Executor | None, Argument(english("Where parts run, in place of the helper process."), on_a_line=False)
    ]
    writer_options: Annotated[
        Mapping[str, Any] | None,
        Argument(
            english("Name of a Python variable: a dict of what the writer of an object takes."),
            "VARIABLE",
            python='Of an object: what its writer takes, like {"index": False}.',
        ),
    ]


class SelectingOptions(TypedDict, total=False):
    """Which files of a dataset."""

    include: Annotated[
        str | Iterable[str] | None,
        Argument(english("Take *.csv or /raw/, as in .gitignore; repeatable, the last counts."), "PATTERN"),
    ]
    exclude: Annotated[
        str | Iterable[str] | None,
        Argument(english("Leave such out; a file .ossignore in a folder does so for good."), "PATTERN"),
    ]
    hidden: Annotated[bool, Argument(english("Names that begin with a dot, too."), default=False)]
    follow_links: Annotated[bool, Argument(english("Folders that symbolic links lead to, too."), default=False)]
    compare: Annotated[
        str | None,
        Argument(
            english("How files that are there are known: content, size or none."),
            "HOW",
            choices=("content", "size", "none"),
        ),
    ]


class ObjectArguments(TypedDict, total=False):
    """The object, and the requests for it."""

    content_type: Annotated[str | None, Argument(english("Guessed from the name without it."), "TYPE")]
    metadata: Annotated[
        Mapping[str, Any] | None,
        Argument(
            english("x-oss-meta-NAME; repeatable."),
            "NAME=VALUE",
            python="Texts by their names, x-oss-meta-*; 8 KiB in all.",
        ),
    ]
    acl: Annotated[
        str | None,
        Argument(
            english("default, private, public-read or public-read-write."),
            choices=("default", "private", "public-read", "public-read-write"),
            in_form=True,
        ),
    ]
    storage_class: Annotated[
        str | None,
        Argument(
            english("Standard, IA, Archive, ColdArchive or DeepColdArchive."),
            "CLASS",
            choices=("Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"),
            in_form=True,
        ),
    ]
    tagging: Annotated[
        str | Mapping[str, Any] | None,
        Argument(english("Like k=v&k2=v2; quote blanks."), "TAGS", python='Like "k=v&k2=v2"; or a mapping.'),
    ]
    forbid_overwrite: Annotated[bool | None, Argument(english("Refuse to replace an object."))]
    cache_control: Annotated[str | None, Argument(english("The header Cache-Control."), "TEXT")]
    content_disposition: Annotated[str | None, Argument(english("The header Content-Disposition."), "TEXT")]
    content_encoding: Annotated[str | None, Argument(english("The header Content-Encoding."), "TEXT")]
    expires: Annotated[
        str | datetime | None, Argument(english("An HTTP date, or one like 2027-01-01T00:00:00Z."), "DATE")
    ]
    server_side_encryption: Annotated[
        str | None, Argument(english("AES256, KMS or SM4."), "ALGORITHM", choices=("AES256", "KMS", "SM4"))
    ]
    sse: Annotated[
        str | None, Argument(english("Short for server_side_encryption."), short_for="server_side_encryption")
    ]
    server_side_data_encryption: Annotated[
        str | None, Argument(english("SM4, where the keys come from KMS."), "ALGORITHM", choices=("SM4",))
    ]
    server_side_encryption_key_id: Annotated[str | None, Argument(english("The KMS key."), "ID")]
    object_worm_mode: Annotated[str | None, Argument(english("Retention of this object."), "MODE")]
    object_worm_retain_until_date: Annotated[
        str | datetime | None, Argument(english("Until when it is retained."), "DATE")
    ]
    object_worm_legal_hold: Annotated[str | None, Argument(english("Legal hold of this object."), "STATUS")]
    request_payer: Annotated[
        str | None, Argument(english("requester: whoever uploads pays."), "WHO", choices=("requester",))
    ]
    traffic_limit: Annotated[
        int | None, Argument(english("The service's limit for each connection, in bit/s."), "BITS", unit="bit/s")
    ]
    callback: Annotated[
        str | Mapping[str, Any] | None,
        Argument(english("What the service calls when the object is stored: JSON or its base64."), "JSON"),
    ]
    callback_var: Annotated[
        str | Mapping[str, Any] | None, Argument(english("Variables of the callback, in the same way."), "JSON")
    ]


class AnewOptions(TypedDict, total=False):
    """What can be given anew when an upload is resumed or aborted."""

    region: Annotated[str | None, Argument(english("The bucket's region, like cn-hangzhou."))]
    endpoint: Annotated[str | None, Argument(english("A host or URL; chosen by the region without it."), "URL")]
    ca_bundle: Annotated[str | PathLike | None, Argument(english("A file of trusted certificates."), "FILE")]
    credentials: Annotated[
        Any,
        Argument(
            english("Name of a Python variable; so no key stands in a cell."),
            "VARIABLE",
            python="(id, secret), (id, secret, token), a provider, or a function returning one.",
        ),
    ]
    profile: Annotated[
        str | None, Argument(english("A profile in ~/.ossutilconfig or ~/.aliyun/config.json."), "NAME", elsewhere=True)
    ]


class ReachingOptions(AnewOptions, total=False):
    """How the service is reached."""

    internal: Annotated[bool | None, Argument(english("The endpoint inside the region's network."), elsewhere=True)]
    accelerate: Annotated[
        bool | None, Argument(english("Transfer acceleration; the bucket must have it enabled."), elsewhere=True)
    ]
    dual_stack: Annotated[bool | None, Argument(english("The endpoint that speaks IPv4 and IPv6."), elsewhere=True)]
    cname: Annotated[
        bool | None, Argument(english("The endpoint is a domain of your own, bound to one bucket."), elsewhere=True)
    ]
    path_style: Annotated[bool | None, Argument(english("The bucket in the path; for gateways."))]
    signature_version: Annotated[
        str | None, Argument(english("Of the signature: v4 or v1."), "VERSION", choices=("v4", "v1"))
    ]
    proxy: Annotated[str | None, Argument(english("A proxy."), "URL", elsewhere=True)]


class ShowingOptions(TypedDict, total=False):
    """Waiting and showing."""

    wait_at_exit: Annotated[
        bool | None, Argument(english("Whether a plain script waits at its end while it still runs."), on_a_line=False)
    ]
    on_progress: Annotated[
        Callable[[Snapshot], None] | None,
        Argument(english("Called with a Snapshot a few times a second, and at the end."), on_a_line=False),
    ]


class UploadOptions(SendingOptions, SelectingOptions, ObjectArguments, ReachingOptions, ShowingOptions, total=False):
    """What `oss_jupyter.upload` takes beside source and target."""


# By their headings, which are no docstrings, for `python -OO` keeps none.
GROUPS: Mapping[str, type] = {
    english("how it is sent"): SendingOptions,
    english("which files of a dataset"): SelectingOptions,
    english("the object, and the requests for it"): ObjectArguments,
    english("how the service is reached"): ReachingOptions,
    english("waiting and showing"): ShowingOptions,
}


def _read(heading: str, group: type) -> dict[str, Argument]:
    hints = get_type_hints(group, include_extras=True)
    types = {
        name: tuple(kind for kind in type_names(hint.__origin__) if kind != "None") for name, hint in hints.items()
    }
    return {
        name: replace(hint.__metadata__[0], name=name, types=types[name], group=heading) for name, hint in hints.items()
    }


# In the order in which they are shown.
ARGUMENTS: Mapping[str, Argument] = {
    name: one for heading, group in GROUPS.items() for name, one in _read(heading, group).items()
}
SELECTING_NAMES = tuple(get_type_hints(SelectingOptions))
OBJECT_NAMES = tuple(get_type_hints(ObjectArguments))
ANEW_NAMES = tuple(get_type_hints(AnewOptions))
# How the service is reached but for who asks: settings, and fields of EndpointSettings, of the same names.
PLACE_NAMES = tuple(name for name in get_type_hints(ReachingOptions) if name not in ("credentials", "profile"))
