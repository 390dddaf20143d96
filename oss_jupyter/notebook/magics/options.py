"""The options of `%oss_upload`: the words of `oss_jupyter.upload`, with dashes."""

from __future__ import annotations

import argparse

from oss_jupyter.notebook.ipython import option, option_group

_FLAG = argparse.BooleanOptionalAction

UPLOAD_OPTIONS = (
    option("source", help="Path of a file. Quote spaces; {variable}, $variable and ~ are expanded."),
    option("target", help="oss://bucket/key; a key that ends in / gets the file's name appended."),
    option("--wait", action="store_true", help="Wait for the end. Interrupting the wait leaves the upload running."),
    option("--force", action="store_true", default=None, help="Send even if the same object is already there."),
    option_group("how it is sent"),
    option("--part-size", metavar="SIZE", help="Like 16MiB, at least 100KiB; or auto."),
    option("--parallel", metavar="N", help="Parts on the wire at once; or auto, which follows the line."),
    option("--limit", metavar="SPEED", help="Like 20MiB/s: the most that this upload takes of the line."),
    option("--retries", type=int, metavar="N", help="How often one part is tried again."),
    option(
        "--prove",
        choices=("kept", "all", "none"),
        help="Which bytes are read again and compared with what was sent: those that earlier runs sent, all, or none.",
    ),
    option("--traffic-limit", type=int, metavar="BITS", help="The service's limit for each connection, in bit/s."),
    option("--checkpoint-dir", metavar="DIR", help="Where the place is kept; none or off: no resuming."),
    option_group("where the service is"),
    option("--region", help="The bucket's region, like cn-hangzhou."),
    option("--endpoint", metavar="URL", help="A host or URL; chosen by the region without it."),
    option("--internal", action=_FLAG, help="The endpoint inside the region's network."),
    option("--accelerate", action=_FLAG, help="Transfer acceleration; the bucket must have it enabled."),
    option("--dual-stack", action=_FLAG, help="The endpoint that speaks IPv4 and IPv6."),
    option("--cname", action=_FLAG, help="The endpoint is a domain of your own, bound to one bucket."),
    option("--path-style", action=_FLAG, help="The bucket in the path; for gateways."),
    option("--signature-version", choices=("v4", "v1"), help="Signature version."),
    option("--proxy", metavar="URL", help="A proxy."),
    option("--ca-bundle", metavar="FILE", help="A file of trusted certificates."),
    option_group("who uploads"),
    option("--credentials", metavar="VARIABLE", help="Name of a Python variable; so no key stands in a cell."),
    option("--profile", metavar="NAME", help="A profile in ~/.ossutilconfig."),
    option_group("what the object carries"),
    option("--content-type", metavar="TYPE", help="Guessed from the name without it."),
    option("--metadata", action="append", metavar="NAME=VALUE", help="x-oss-meta-NAME; repeatable."),
    option("--acl", help="default, private, public-read or public-read-write."),
    option("--storage-class", metavar="CLASS", help="Standard, IA, Archive, ColdArchive or DeepColdArchive."),
    option("--tagging", metavar="TAGS", help="Like k=v&k2=v2; quote blanks."),
    option("--forbid-overwrite", action=_FLAG, help="Refuse to replace an object."),
    option("--cache-control", metavar="TEXT", help="The header of this name."),
    option("--content-disposition", metavar="TEXT", help="The header of this name."),
    option("--content-encoding", metavar="TEXT", help="The header of this name."),
    option("--expires", metavar="DATE", help="An HTTP date, or one like 2027-01-01T00:00:00Z."),
    option(
        "--sse",
        "--server-side-encryption",
        dest="server_side_encryption",
        metavar="ALGORITHM",
        help="AES256, KMS or SM4.",
    ),
    option("--server-side-data-encryption", metavar="ALGORITHM", help="SM4, where the keys come from KMS."),
    option("--server-side-encryption-key-id", metavar="ID", help="The KMS key."),
    option("--object-worm-mode", metavar="MODE", help="Retention of this object."),
    option("--object-worm-retain-until-date", metavar="DATE", help="Until when it is retained."),
    option("--object-worm-legal-hold", metavar="STATUS", help="Legal hold of this object."),
    option_group("the request"),
    option("--request-payer", metavar="WHO", help="requester: whoever uploads pays."),
    option(
        "--callback",
        metavar="JSON",
        help="What the service calls when the object is stored: JSON or its base64.",
    ),
    option("--callback-var", metavar="JSON", help="Variables of the callback, in the same way."),
)
