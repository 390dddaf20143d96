"""The options of `%oss_upload`: the words of `oss_jupyter.upload`, with dashes."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, TypeVar

from IPython.core.magic_arguments import argument, argument_group

Method = TypeVar("Method", bound=Callable[..., Any])

_FLAG = argparse.BooleanOptionalAction

UPLOAD_OPTIONS = (
    argument("source", help="Path of a file. Quote spaces; {variable}, $variable and ~ are expanded."),
    argument("target", help="oss://bucket/key; a key that ends in / gets the file's name appended."),
    argument("--wait", action="store_true", help="Wait for the end. Interrupting the wait leaves the upload running."),
    argument("--force", action="store_true", default=None, help="Send even if the same object is already there."),
    argument_group("how it is sent"),
    argument("--part-size", metavar="SIZE", help="Like 16MiB, at least 100KiB; or auto."),
    argument("--parallel", metavar="N", help="Parts on the wire at once; or auto, which follows the line."),
    argument("--limit", metavar="SPEED", help="Like 20MiB/s: the most that this upload takes of the line."),
    argument("--retries", metavar="N", help="How often one part is tried again."),
    argument(
        "--prove",
        metavar="WHICH",
        help="Which bytes are read again and compared: kept (those that earlier runs sent), all, or none.",
    ),
    argument("--traffic-limit", metavar="BITS", help="The service's limit for each connection, in bit/s."),
    argument("--checkpoint-dir", metavar="DIR", help="Where the place is kept; none or off: no resuming."),
    argument_group("where the service is"),
    argument("--region", help="The bucket's region, like cn-hangzhou."),
    argument("--endpoint", metavar="URL", help="A host or URL; chosen by the region without it."),
    argument("--internal", action=_FLAG, help="The endpoint inside the region's network."),
    argument("--accelerate", action=_FLAG, help="Transfer acceleration; the bucket must have it enabled."),
    argument("--dual-stack", action=_FLAG, help="The endpoint that speaks IPv4 and IPv6."),
    argument("--cname", action=_FLAG, help="The endpoint is a domain of your own, bound to one bucket."),
    argument("--path-style", action=_FLAG, help="The bucket in the path; for gateways."),
    argument("--signature-version", metavar="VERSION", help="Of the signature: v4 or v1."),
    argument("--proxy", metavar="URL", help="A proxy."),
    argument("--ca-bundle", metavar="FILE", help="A file of trusted certificates."),
    argument_group("who uploads"),
    argument("--credentials", metavar="VARIABLE", help="Name of a Python variable; so no key stands in a cell."),
    argument("--profile", metavar="NAME", help="A profile in ~/.ossutilconfig."),
    argument_group("what the object carries"),
    argument("--content-type", metavar="TYPE", help="Guessed from the name without it."),
    argument("--metadata", action="append", metavar="NAME=VALUE", help="x-oss-meta-NAME; repeatable."),
    argument("--acl", help="default, private, public-read or public-read-write."),
    argument("--storage-class", metavar="CLASS", help="Standard, IA, Archive, ColdArchive or DeepColdArchive."),
    argument("--tagging", metavar="TAGS", help="Like k=v&k2=v2; quote blanks."),
    argument("--forbid-overwrite", action=_FLAG, help="Refuse to replace an object."),
    argument("--cache-control", metavar="TEXT", help="The header of this name."),
    argument("--content-disposition", metavar="TEXT", help="The header of this name."),
    argument("--content-encoding", metavar="TEXT", help="The header of this name."),
    argument("--expires", metavar="DATE", help="An HTTP date, or one like 2027-01-01T00:00:00Z."),
    argument(
        "--sse",
        "--server-side-encryption",
        dest="server_side_encryption",
        metavar="ALGORITHM",
        help="AES256, KMS or SM4.",
    ),
    argument("--server-side-data-encryption", metavar="ALGORITHM", help="SM4, where the keys come from KMS."),
    argument("--server-side-encryption-key-id", metavar="ID", help="The KMS key."),
    argument("--object-worm-mode", metavar="MODE", help="Retention of this object."),
    argument("--object-worm-retain-until-date", metavar="DATE", help="Until when it is retained."),
    argument("--object-worm-legal-hold", metavar="STATUS", help="Legal hold of this object."),
    argument_group("the request"),
    argument("--request-payer", metavar="WHO", help="requester: whoever uploads pays."),
    argument(
        "--callback",
        metavar="JSON",
        help="What the service calls when the object is stored: JSON or its base64.",
    ),
    argument("--callback-var", metavar="JSON", help="Variables of the callback, in the same way."),
)


def upload_options(method: Method) -> Method:
    """Give a magic these options, in this order."""
    for option in reversed(UPLOAD_OPTIONS):
        method = option(method)
    return method
