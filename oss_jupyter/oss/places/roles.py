"""Credentials of a role that the environment names: by an OIDC token (RRSA of Kubernetes), or at an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from oss_jupyter.errors import CredentialsError
from oss_jupyter.oss.places.found import Credentials
from oss_jupyter.oss.places.package import Recipe, providers
from oss_jupyter.texts import tr

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
    mode = "OIDC"

    @property
    def name(self) -> str:
        """The role, as people write it."""
        return tr("the role of {variable}", variable=_ROLE)

    def find(self) -> Credentials | str:
        """Return the role's credentials. Raises CredentialsError where the service gives none."""
        values = [self.environ.get(name, "").strip() for name in (_ROLE, _PROVIDER, _TOKEN_FILE)]
        if not values[1] or not values[2]:
            return tr("not set")
        if not values[0]:
            raise CredentialsError(
                tr("The environment has {there} but not {missing}.", there=_PROVIDER, missing=_ROLE), tr("Set both.")
            )
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
        advice = tr("Look at the service account of this pod: its role has to trust the cluster's OIDC provider.")
        return providers.find(recipe, self.name, advice)


@dataclass(frozen=True)
class CredentialsUri:
    """An address that gives credentials to whoever asks, which some platforms set for each container."""

    environ: Mapping[str, str] = field(repr=False)
    mode = "URI"

    @property
    def name(self) -> str:
        """The address, as people write it."""
        return tr("the address in {variable}", variable=_URI)

    def find(self) -> Credentials | str:
        """Return what the address gives. Raises CredentialsError where it gives none."""
        uri = self.environ.get(_URI, "").strip()
        if not uri:
            return tr("not set")
        recipe = Recipe("uri", uri, lambda package: package.URLCredentialsProvider(uri=uri))
        return providers.find(
            recipe, self.name, tr("Ask whoever runs this platform, or unset {variable}.", variable=_URI)
        )
