"""A bulk change from selection to done, as a person and a worker take it there."""

import io
from uuid import uuid4

from django.utils import timezone

from credit.actors import Actor
from credit.bulk import confirming, driving, making, receiving
from credit.models import BulkChange, Wallet
from tests.factories import micros

PATIENCE = 600


def a_form(verb, key=None, **wish):
    return making.Form(
        key=key or uuid4(), verb=verb, chosen="3 wallets", reason_code="review", reason="Yearly", wish=wish
    )


def chosen(wallets, verb, by, key=None, **wish):
    """Stored and previewed."""
    change = making.from_wallets(
        form=a_form(verb, key, **wish),
        wallet_pks=[wallet.pk for wallet in wallets],
        by=by,
        now=timezone.now(),
    )
    return worked(change)


def uploaded(content, by, name="limits.csv"):
    file = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    return worked(receiving.receive(file=file, form=a_form("file"), by=by, now=timezone.now()))


def worked(change, seconds=PATIENCE):
    driving.work(change.pk, now=timezone.now, seconds=seconds)
    return BulkChange.objects.get(pk=change.pk)


def confirmed(change, by, together=False, harms=False, asks=False):
    how = {"together": together, "harms_confirmed": harms, "asks": asks}
    confirming.confirm(pk=change.pk, **how, by=by, now=timezone.now())
    return BulkChange.objects.get(pk=change.pk)


def run(change, by, **how):
    return worked(confirmed(change, by, **how))


def reversed_(change, by):
    form = a_form("reverse")
    return worked(making.reversal_of(change, form=form, by=by, now=timezone.now()))


def states(change):
    return list(change.rows.order_by("number").values_list("state", flat=True))


def messages(change):
    return [row.message for row in change.rows.order_by("number")]


def permanent(*wallets):
    found = [Wallet.objects.get(pk=wallet.pk) for wallet in wallets]
    return [wallet.permanent_limit_micros for wallet in found]


def money(*amounts):
    return [micros(amount) for amount in amounts]


def person(user):
    return Actor.person(user)
