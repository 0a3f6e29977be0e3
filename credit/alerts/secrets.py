"""The secret of a webhook, and the signatures made with it (the Standard Webhooks scheme, so that receivers find a
library): HMAC-SHA256 over "id.timestamp.body", in base64, behind "v1,".

The secret is derived from the installation's key and a salt on the webhook's row. It is shown once and stored nowhere:
a stolen table does not sign.
"""

import base64
import hmac
import secrets
from datetime import datetime
from hashlib import sha256

from django.conf import settings

from credit.models import Webhook

PREFIX = "whsec_"


class SecretIsLost(Exception):
    """The installation's key was changed, and with it every secret."""


def new_salt() -> str:
    return secrets.token_urlsafe(32)


def derived(salt: str) -> str:
    """The secret under today's key."""
    return _derived(settings.SECRET_KEY, salt)


def fingerprint(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _derived(key: str | bytes, salt: str) -> str:
    key = key.encode() if isinstance(key, str) else key
    made = hmac.new(key, f"credit.webhook:{salt}".encode(), sha256).digest()
    return PREFIX + base64.b64encode(made).decode()


def _found(salt: str, kept: str) -> str:
    """Under today's key or one that was rotated out; the fingerprint says which."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        secret = _derived(key, salt)
        if hmac.compare_digest(fingerprint(secret), kept):
            return secret
    raise SecretIsLost


def of(webhook: Webhook, now: datetime) -> list[str]:
    """The secrets that sign at an instant: after a rotation two, for a day. SecretIsLost."""
    found = [_found(webhook.salt, webhook.fingerprint)]
    if webhook.old_ends_at and now < webhook.old_ends_at:
        found.append(_found(webhook.old_salt, webhook.old_fingerprint))
    return found


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    made = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, sha256).digest()
    return "v1," + base64.b64encode(made).decode()
