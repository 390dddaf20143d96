"""Which request carries which option of the object: Initiate and PutObject, each part, or Complete."""

from __future__ import annotations

from typing import Any

from oss_jupyter.model.options import ObjectOptions

# Headers of an object that no signature covers, so presigning drops them.
UNSIGNED = {
    "cache_control": "Cache-Control",
    "content_disposition": "Content-Disposition",
    "content_encoding": "Content-Encoding",
    "expires": "Expires",
}
OF_OBJECT = (
    "content_type", "metadata", "storage_class", "tagging", "server_side_encryption", "server_side_data_encryption",
    "server_side_encryption_key_id", "forbid_overwrite", "request_payer", "object_worm_mode",
    "object_worm_retain_until_date", "object_worm_legal_hold",
)  # fmt: skip
OF_COMPLETE = ("acl", "callback", "callback_var", "forbid_overwrite", "request_payer")
OF_PART = ("traffic_limit", "request_payer")


def some(options: ObjectOptions, *names: str) -> dict[str, Any]:
    """Return the options of these names; the SDK leaves out what is None."""
    return {name: options.get(name) for name in names}
