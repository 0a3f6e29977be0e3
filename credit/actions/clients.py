"""API clients: created, given a new credential, revoked; and who it is that signs in."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import BasePasswordHasher
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q
from django.utils.crypto import constant_time_compare, salted_hmac
from rest_framework_api_key.crypto import KeyGenerator

from credit.actions import inputs, trail
from credit.actions.refusals import BadInput, Refused, require
from credit.actors import Actor
from credit.languages import Said as _
from credit.models import ApiClient, ApiKey
from credit.models.client import RIGHTS, Scope
from credit.terms import Reason

# How long a rotated credential still works, so that a system can take the new one over without a gap.
OVERLAP = timedelta(hours=24)
USE_IS_NOTED_EVERY = timedelta(minutes=1)
SECRET_LENGTH = 43  # of 62 characters: 256 bits


class KeyedHasher(BasePasswordHasher):
    """HMAC-SHA-256 under the installation's secret key: a stolen table cannot be tried out without that key.

    Fast on purpose: a secret of 256 bits cannot be guessed, and it is checked with every request.
    """

    algorithm = "hmac_sha256"

    def salt(self) -> str:
        return ""

    def encode(self, password: str, salt: str) -> str:
        return self._under(settings.SECRET_KEY, password)

    def verify(self, password: str, encoded: str) -> bool:
        keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        return any(constant_time_compare(self._under(key, password), encoded) for key in keys)

    def _under(self, key: str | bytes, password: str) -> str:
        digest = salted_hmac("credit.api_key", password, secret=key, algorithm="sha256").hexdigest()
        return f"{self.algorithm}$${digest}"


class Credentials(KeyGenerator):
    preferred_hasher = KeyedHasher()  # type: ignore[assignment]


_credentials = Credentials(prefix_length=8, secret_key_length=SECRET_LENGTH)


def create_client(
    *, name: str, scopes: Iterable[str], authority: Group | None = None, by: Actor, now: datetime
) -> tuple[ApiClient, str]:
    """The client and its credential, which is shown this once and stored nowhere.

    `authority`: the group whose authority it has. Without one it sets no limit above what stands.
    """
    require(by, "credit.manage_clients", _("manage API clients"))
    name = inputs.text(name, field="name", longest=100, required=True)
    wanted = _parse_scopes(scopes)
    with transaction.atomic():
        if ApiClient.objects.filter(name=name).exists():
            raise BadInput(
                "name", _("A client has that name, and lines in the ledger may carry it. Choose another one.")
            )
        client = ApiClient.objects.create(
            name=name, scopes=wanted, authority=authority, created_at=now, by_user=by.user, by_name=by.name
        )
        trail.of_portal(
            "create_api_client", by=by, at=now, after={"client": name, "scopes": ", ".join(wanted)}
        )
        return client, _new_key(client, by, now)


def rotate_key(*, client: ApiClient, by: Actor, now: datetime) -> str:
    """A new credential, shown this once; the one before it works for another day."""
    require(by, "credit.manage_clients", _("manage API clients"))
    with transaction.atomic():
        locked = _locked(client)
        ending = now + OVERLAP
        locked.keys.filter(Q(ends_at=None) | Q(ends_at__gt=ending)).update(ends_at=ending)
        told = {"client": locked.name, "old_credential_ends_at": ending.isoformat()}
        trail.of_portal("rotate_api_credential", by=by, at=now, after=told)
        return _new_key(locked, by, now)


def revoke_client(*, client: ApiClient, by: Actor, now: datetime) -> None:
    """For good: every credential of the client ends now."""
    require(by, "credit.manage_clients", _("manage API clients"))
    with transaction.atomic():
        locked = _locked(client)
        locked.keys.filter(Q(ends_at=None) | Q(ends_at__gt=now)).update(ends_at=now)
        locked.revoked_at, locked.revoked_by_name = now, by.name
        locked.save(update_fields=["revoked_at", "revoked_by_name"])
        trail.of_portal("revoke_api_client", by=by, at=now, after={"client": locked.name})


def signed_in(credential: str, now: datetime) -> ApiClient | None:
    """The client a credential belongs to; None for one that is unknown, has ended or was revoked."""
    prefix, _, secret = credential.partition(".")
    if not (prefix.isalnum() and secret.isalnum() and credential.isascii()):
        return None
    key = ApiKey.objects.usable(now).select_related("client").filter(prefix=prefix).first()
    if key is None or not _credentials.verify(credential, key.hashed_key):
        return None
    return key.client


def note_use(client: ApiClient, now: datetime) -> None:
    """Last use, at most once a minute; of several requests at once, one writes."""
    before = now - USE_IS_NOTED_EVERY
    if client.last_used_at and client.last_used_at > before:
        return
    unnoted = ApiClient.objects.filter(Q(last_used_at=None) | Q(last_used_at__lte=before), pk=client.pk)
    unnoted.update(last_used_at=now)


def actor_of(client: ApiClient) -> Actor:
    rights = {right for scope in client.scopes for right in RIGHTS[Scope(scope)]}
    return Actor.client(client.name, frozenset(rights), client.pk, client.authority_id)


def _new_key(client: ApiClient, by: Actor, now: datetime) -> str:
    credential, prefix, hashed = _credentials.generate()
    made = {"prefix": prefix, "hashed_key": hashed, "created_at": now}
    ApiKey.objects.create(client=client, by_user=by.user, by_name=by.name, **made)
    return credential


def _locked(client: ApiClient) -> ApiClient:
    locked = ApiClient.objects.select_for_update().get(pk=client.pk)
    if locked.revoked_at:
        raise Refused(
            Reason.CHANGED_MEANWHILE,
            _("%(name)s was revoked by %(revoked_by_name)s.")
            % {"name": locked.name, "revoked_by_name": locked.revoked_by_name},
        )
    return locked


def _parse_scopes(scopes: Iterable[str]) -> list[str]:
    wanted = set(scopes)
    if not wanted:
        raise BadInput("scopes", _("A client without a scope can do nothing. Choose at least one."))
    if unknown := wanted - set(Scope.values):
        raise BadInput(
            "scopes", _("Scope %(min)r is not known. Choose from the list.") % {"min": min(unknown)}
        )
    return [scope for scope in Scope.values if scope in wanted]
