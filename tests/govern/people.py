"""Officers and managers with the authority that a fresh portal gives them, each with a desk."""

from django.contrib.auth.models import Group, User

from credit.actors import Actor
from credit.groups import MANAGER, OFFICER
from credit.models import Authority, ChangeRequest
from tests.desk import Desk
from tests.factories import NOON, micros


def a_person(name, *groups, **columns):
    user = User.objects.create_user(name.lower(), first_name=name, **columns)
    user.groups.set(Group.objects.filter(name__in=groups))
    return Actor.person(user)


def an_officer(name="Eva"):
    return a_person(name, OFFICER)


def a_manager(name="Jana"):
    return a_person(name, MANAGER)


def may(group, amount, increase, days=60, unlimited=False, currency=""):
    """Sets what a group may decide alone in a currency."""
    figures = {
        "largest_amount_micros": micros(amount),
        "largest_increase_micros": micros(increase),
        "longest_days": days,
        "unlimited": unlimited,
    }
    row, _ = Authority.objects.update_or_create(
        group=Group.objects.get(name=group), currency=currency, defaults=figures
    )
    return row


def desk_for(by, wallet, now=NOON):
    return Desk(wallet, now, by)


def the_request():
    return ChangeRequest.objects.get()
