"""People who sign in, and customers with a past, for the tests of pages."""

from datetime import timedelta

from django.contrib.auth.models import Group, User
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credit.actions import charges, closes, payments, wallets
from credit.actors import Actor
from credit.forms.money import new_key
from credit.models import Wallet
from tests.factories import an_organization

SYSTEM = Actor.system("Usage import")
HTMX = {"HTTP_HX_REQUEST": "true"}


def ago(**span):
    return timezone.now() - timedelta(**span)


def somebody(group, **columns):
    """A user of a group, created when first asked for."""
    username = group.lower().replace(" ", "-")
    user, made = User.objects.get_or_create(
        username=username, defaults={"first_name": "Eva", "last_name": "Horváthová"}
    )
    if made:
        user.groups.add(Group.objects.get(name=group))
    for name, value in columns.items():
        setattr(user, name, value)
    user.save()
    return user


def signed_in(group, language="", **columns):
    client = Client()
    client.force_login(somebody(group, **columns))
    if language:
        client.cookies["django_language"] = language
    return client


def prepaid(limit=None, paid="100", organization=None, **columns):
    """A prepaid wallet made ten days ago, with money paid in."""
    wallet = wallets.create_wallet(
        organization=organization or an_organization(),
        currency=columns.pop("currency", "EUR"),
        mode="prepaid",
        limit=limit,
        by=SYSTEM,
        now=ago(days=10),
    )
    if paid:
        payments.record_payment(wallet=wallet, amount=paid, reference="first", by=SYSTEM, now=ago(days=9))
    return fresh(wallet)


def postpaid(limit="1000", scheme="consolidated", organization=None, days=2, currency="EUR"):
    return wallets.create_wallet(
        organization=organization or an_organization(),
        currency=currency,
        mode="postpaid",
        scheme=scheme,
        limit=limit,
        by=SYSTEM,
        now=ago(days=days),
    )


def charge(wallet, amount, kind="call", now=None, **more):
    return charges.charge(
        wallet=wallet, amount=amount, kind=kind, by=SYSTEM, now=now or timezone.now(), **more
    )


def close(wallet, now=None):
    return closes.close(wallet_pks=[wallet.pk], by=SYSTEM, now=now or timezone.now())


def fresh(wallet):
    return Wallet.objects.get(pk=wallet.pk)


def live(wallet):
    return Wallet.objects.at(timezone.now()).get(pk=wallet.pk)


def text(answer):
    """What a person reads: tags and marks that lead to the guide gone, white space folded."""
    import re
    from html import unescape

    page = answer.content.decode()
    page = re.sub(r"(?s)<(script|title|style).*?</\1>", " ", page)
    page = re.sub(r'<a class="help-mark".*?</a>', "", page)
    return " ".join(
        unescape(re.sub(r"<[^>]+>", "", re.sub(r"</(td|th|li|p|div|dd|dt|b|h1|h2|h3)>", " ", page))).split()
    )


def address(name, wallet, *more):
    return reverse(name, args=[wallet.wallet_id, *more])


def send(client, where, **typed):
    """A form as it is sent; who gives a reason in words has chosen one from the list."""
    code = {"reason_code": "other"} if "reason" in typed else {}
    return client.post(where, {"key": new_key(), **code, **typed})


def said(answer):
    """The toast of a form that was saved."""
    assert answer.status_code == 302, text(answer)
    return str(list(get_messages(answer.wsgi_request))[-1])
