"""The service's codes whose meaning is fixed: what happened, and what to do next. Those that depend on more: advice.py.

An advice is read when the upload has stopped, so none promises that something is tried again: what goes on by itself
is told by the state and the notes. In the words, {bucket}, {thing}, {region} and {message} are those of the request.
Codes: OSS documentation, the pages "HTTP 400/403/404/409/…  status code" and those of the EC numbers.
"""

from __future__ import annotations

from oss_jupyter.texts import english

Words = tuple[str, str]

_LATER = english("There is nothing to change here: resume later.")
_OVERDUE: Words = (
    english("The account or the bucket is suspended, mostly because a bill is unpaid."),
    english("Whoever pays for the account settles it in the console (Expenses); then resume."),
)
_KMS: Words = (
    english("The key of KMS that should encrypt the object cannot be used."),
    english(
        'Activate KMS, pay for it, or enable the key in the KMS console; or choose server_side_encryption="AES256".'
    ),
)
_THROTTLED: Words = (
    english("The service asks to slow down."),
    english("Resume at another time of day, or with a lower parallel."),
)
NO_ROOM: Words = (english("The service has no room left for it."), english("Make room there, then resume."))
SERVER: Words = (english("The service had an internal problem."), _LATER)
_BROKEN: Words = (
    english("The service did not receive the whole request."),
    english("Resume when the line is better. If it stays so, a proxy that cuts bodies can be why."),
)
_CHANGED: Words = (
    english("The bytes that arrived are not the bytes that were sent."),
    english("Resume to send them once more. If it stays so, look at the proxy, the network adapter or the memory."),
)
_BUG: Words = (
    english("The service found the request malformed ({message})."),
    english("This is a fault of oss_jupyter: please report it with the code and request id below."),
)

TABLE: dict[str, Words] = {
    "SignatureDoesNotMatch": (
        english("The service refused the signature: the secret does not belong to this access key."),
        english(
            "Check the secret (OSS_ACCESS_KEY_SECRET): a missing character, a space, quotes? "
            "Or a proxy rewrites requests."
        ),
    ),
    "InvalidAccessKeyId": (
        english("The service does not know this access key."),
        english(
            "Check its id (OSS_ACCESS_KEY_ID): is it disabled, of another cloud, or temporary "
            "without its session token?"
        ),
    ),
    "SecurityTokenExpired": (
        english("The temporary credentials have expired."),
        english("Put new ones into the environment or the profile, then resume."),
    ),
    "InvalidSecurityToken": (
        english("The service does not accept the session token."),
        english(
            "Check OSS_SESSION_TOKEN: take id, secret and token from the same answer; "
            "with a permanent key leave it unset."
        ),
    ),
    "AccessKeyIdAndSecurityTokenNotMatch": (
        english("The session token belongs to another access key."),
        english("Take id, secret and token from the same answer; with a permanent key leave OSS_SESSION_TOKEN unset."),
    ),
    "NoSuchBucket": (
        english("The {bucket} does not exist in {region}."),
        english(
            "Check its name, its region (oss.console.aliyun.com shows it) and that the credentials are of its account."
        ),
    ),
    "NoSuchUpload": (
        english("The service no longer knows this upload id: completed, aborted, or removed by a lifecycle rule."),
        english("Run the upload again; it starts from the beginning unless the object is already there."),
    ),
    "SecondLevelDomainForbidden": (
        english("The service does not take the bucket in the path."),
        english("Leave out path_style=True; where the endpoint is an IP address, write the service's host name."),
    ),
    "NonStandardHostForbidden": (
        english("The service does not serve this host name."),
        english("Use a standard endpoint like oss-cn-hangzhou.aliyuncs.com; for a domain of your own add cname=True."),
    ),
    "TransferAccelerationDisabled": (
        english("Transfer acceleration is not enabled for the {bucket}."),
        english("Enable it in the console (Transfer Acceleration), or leave out accelerate=True."),
    ),
    "PublicEndpointForbidden": (
        english("This account may not send data through the public endpoint of a region in mainland China."),
        english(
            'Bind a domain to it and use endpoint="data.example.com", cname=True; inside the region, internal=True.'
        ),
    ),
    "EntityTooSmall": (
        english("A part other than the last is smaller than 100 KiB."),
        english("Run the upload again with a larger part_size; it starts from the beginning."),
    ),
    "EntityTooLarge": (
        english("The service refuses the size: 5 GiB is the limit of one request."),
        english("Choose a part_size below 5GiB."),
    ),
    "FileAlreadyExists": (
        english("{thing} exists already, and forbid_overwrite was asked for."),
        english("Choose another key, or leave out forbid_overwrite to replace it."),
    ),
    "FileImmutable": (
        english("{thing} is protected by a retention policy."),
        english("Choose another key, or wait until the retention has passed."),
    ),
    "InvalidPart": (
        english("The service does not have one of the parts as it was recorded."),
        english("Resume to send it once more. If it stays so, abort the upload and run it from the beginning."),
    ),
    "InvalidObjectName": (
        english("The service refuses the key of {thing}."),
        english("1 to 1,023 bytes, not beginning with / or \\."),
    ),
    "InvalidBucketName": (english("The name of the {bucket} is not allowed."), english("3 to 63 of a-z, 0-9 and -.")),
    "InvalidTag": (
        english("The service refuses the tagging."),
        english("At most 10 pairs like k=v&k2=v2, keys up to 128 and values up to 256 characters."),
    ),
    "InvalidEncryptionAlgorithmError": (
        english("The service does not know this encryption."),
        english("server_side_encryption is AES256, KMS or SM4."),
    ),
    "NotImplemented": (
        english("The service does not offer one of the options in this region."),
        english("Leave out the options used last, storage_class or encryption for example."),
    ),
    "PreconditionFailed": (
        english("A condition of the request was not met."),
        english("Look at the object in the console."),
    ),
    "InvalidObjectState": (english("{thing} is archived."), english("Restore it first, or choose another key.")),
    "CallbackFailed": (
        english("The object is stored; its callback was not answered."),
        english("Do not upload again. Check that the callback's server is reachable and answers JSON within 5 s."),
    ),
    "RequestTimeout": (
        english("The bytes arrived too slowly, and the service closed the connection."),
        english("Resume when the line is better; or abort, and use a smaller part_size or a lower parallel."),
    ),
    **dict.fromkeys(("UserDisable", "BucketDisable", "AbnormalBucketOwnerStatus"), _OVERDUE),
    **dict.fromkeys(("KmsServiceNotEnabled", "KmsInDebt", "KeyDisabled", "KeyPendingDeletion"), _KMS),
    **dict.fromkeys(("InternalError", "ServiceUnavailable"), SERVER),
    "SandboxDiskFull": (
        english("The sandbox's disk is full."),
        english("Make room on it, then resume. Or begin elsewhere, with a sandbox whose data lies on another disk."),
    ),
    "SandboxDiskFailed": ("{message}", english("Mend that, then resume.")),
    "SandboxDirectoryGone": (
        english("The sandbox's directory was removed while it runs, and all that was in it."),
        english("Stop the sandbox and start it again, then upload anew."),
    ),
    **dict.fromkeys(("BadRequest", "IncompleteBody"), _BROKEN),
    **dict.fromkeys(("InvalidDigest", "InvalidCRC64"), _CHANGED),
    **dict.fromkeys(("InvalidPartOrder", "MalformedXML", "MissingArgument", "MissingContentLength"), _BUG),
    **dict.fromkeys(
        (
            "UploadTrafficRateLimitExceeded",
            "DownloadTrafficRateLimitExceeded",
            "MetaOperationQpsLimitExceeded",
            "TotalQpsLimitExceeded",
            "ActiveRequestLimitExceeded",
            "CpuLimitExceeded",
            "QpsLimitExceeded",
        ),
        _THROTTLED,
    ),
}
