"""Credentials of a role that the environment names: by an OIDC token (RRSA of Kubernetes), or at an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from oss_jupyter.errors import CredentialsError
from oss_jupyter.oss.places.found import Credentials
from oss_jupyter.oss.places.package import Recipe, providers

_ROLE, _PROVIDER, _TOKEN_FILE = (
    "ALIBABA_CLOUD_ROLE_ARN",
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
    "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
)
_SESSION, _STS_REGION = "ALIBABA_CLOUD_ROLE_SESSION_NAME", "ALIBABA_CLOUD_STS_REGION"
_IN_VPC = "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED"
_URI = "ALIBABA_CLOUD_CREDENTIALS_URI"


@dataclass(frozen=True)
class OidcRole:
    """The role that a pod of Kubernetes has: the three variables are set by the cluster."""

    environ: Mapping[str, str] = field(repr=False)
    name = f"the role of {_ROLE}"
    mode = "OIDC"

    def find(self) -> Credentials | str:
        """Return the role's credentials. Raises CredentialsError where the service gives none."""
        values = [self.environ.get(name, "").strip() for name in (_ROLE, _PROVIDER, _TOKEN_FILE)]
        if not values[1] or not values[2]:
            return "not set"
        if not values[0]:
            raise CredentialsError(f"The environment has {_PROVIDER} but not {_ROLE}.", "Set both.")
        session, region, in_vpc = (self.environ.get(name, "").strip() for name in (_SESSION, _STS_REGION, _IN_VPC))
        recipe = Recipe(
            "oidc",
            (*values, session, region, in_vpc),
            lambda package: package.OIDCRoleArnCredentialsProvider(
                role_arn=values[0],
                oidc_provider_arn=values[1],
                oidc_token_file_path=values[2],
                role_session_name=session or None,
                sts_region_id=region or None,
                enable_vpc=in_vpc.lower() == "true",
            ),
        )
        advice = "Look at the service account of this pod: its role has to trust the cluster's OIDC provider."
        return providers.find(recipe, self.name, advice)


@dataclass(frozen=True)
class CredentialsUri:
    """An address that gives credentials to whoever asks, which some platforms set for each container."""

    environ: Mapping[str, str] = field(repr=False)
    name = f"the address in {_URI}"
    mode = "URI"

    def find(self) -> Credentials | str:
        """Return what the address gives. Raises CredentialsError where it gives none."""
        uri = self.environ.get(_URI, "").strip()
        if not uri:
            return "not set"
        recipe = Recipe("uri", uri, lambda package: package.URLCredentialsProvider(uri=uri))
        return providers.find(recipe, self.name, f"Ask whoever runs this platform, or unset {_URI}.")
