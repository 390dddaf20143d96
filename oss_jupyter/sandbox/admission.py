"""What can be decided from the headers alone, before a byte of the body is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from oss_jupyter.sandbox import bucket_operations, copy_operations, multipart_operations, object_operations
from oss_jupyter.sandbox.authentication import authenticate, authorize
from oss_jupyter.sandbox.bodies import LARGEST_BODY_BYTES, SMALL_BODY_BYTES
from oss_jupyter.sandbox.core import Call, Core
from oss_jupyter.sandbox.disk import directory_gone
from oss_jupyter.sandbox.keys import Key
from oss_jupyter.sandbox.object_headers import check_traffic_limit
from oss_jupyter.sandbox.replies import Reply, ServiceError, invalid_argument
from oss_jupyter.sandbox.request import Request

OPERATIONS: Mapping[str, Callable[[Call], Reply]] = {
    "ListBuckets": bucket_operations.list_buckets,
    "PutBucket": bucket_operations.put_bucket,
    "DeleteBucket": bucket_operations.delete_bucket,
    "GetBucketAcl": bucket_operations.get_bucket_acl,
    "GetBucketInfo": bucket_operations.get_bucket_info,
    "GetBucketLocation": bucket_operations.get_bucket_location,
    "ListObjectsV2": bucket_operations.list_objects_v2,
    "ListMultipartUploads": multipart_operations.list_uploads,
    "PutObject": object_operations.put_object,
    "HeadObject": object_operations.head_object,
    "GetObjectMeta": object_operations.get_object_meta,
    "GetObject": object_operations.get_object,
    "DeleteObject": object_operations.delete_object,
    "DeleteMultipleObjects": copy_operations.delete_objects,
    "CopyObject": copy_operations.copy_object,
    "UploadPartCopy": copy_operations.upload_part_copy,
    "InitiateMultipartUpload": multipart_operations.initiate,
    "UploadPart": multipart_operations.upload_part,
    "ListParts": multipart_operations.list_parts,
    "CompleteMultipartUpload": multipart_operations.complete,
    "AbortMultipartUpload": multipart_operations.abort,
}

_REMOVE = frozenset(
    {"AbortMultipartUpload", "DeleteObject", "DeleteMultipleObjects"}
)  # what was in a directory that is gone is removed


def identify(request: Request, core: Core) -> Key:
    """Return the key behind a request that may do what it asks."""
    key = authenticate(request, core.keys, region=core.region, now_seconds=core.clock())
    authorize(request, key)
    return key


def check_before_body(request: Request, core: Core) -> None:
    """Refuse what cannot succeed whatever the body holds."""
    if request.bucket is not None and request.operation != "PutBucket":
        _check_region(core, request.bucket)
    gone = directory_gone(core.storage.data_dir)
    if gone and request.operation not in _REMOVE:
        raise gone
    check_traffic_limit(request)
    if takes_file(request):
        _check_length(request)


def takes_file(request: Request) -> bool:
    """Say whether the body is data for the disk, and not a document."""
    return request.operation in ("PutObject", "UploadPart")


def incoming_for(request: Request, core: Core) -> Path | None:
    """Return where the body is to be received, or None for memory."""
    is_small = request.declared_bytes is not None and request.declared_bytes <= SMALL_BODY_BYTES
    return core.storage.incoming if takes_file(request) and not is_small else None


def _check_region(core: Core, bucket_name: str) -> None:
    region = core.storage.bucket(bucket_name).record.region
    if region != core.region:
        message = (
            "The bucket you are attempting to access must be addressed using the specified endpoint. "
            "Please send all future requests to this endpoint."
        )
        elements = {"Bucket": bucket_name, "Endpoint": f"oss-{region}.aliyuncs.com"}
        raise ServiceError("AccessDenied", message, ec="0003-00001403", elements=elements)


def _check_length(request: Request) -> None:
    if request.declared_bytes is None:
        if not request.is_chunked:
            raise ServiceError("MissingContentLength")
        return
    if request.declared_bytes > LARGEST_BODY_BYTES:
        if request.operation == "UploadPart":
            raise ServiceError("EntityTooLarge")
        message = "An object put in one request is at most 5 GB."
        raise invalid_argument("Content-Length", str(request.declared_bytes), message)
