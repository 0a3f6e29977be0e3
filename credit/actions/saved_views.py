"""Views of the list under a name, and how pages look to a person. No customer is touched, so no Change is written."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from credit.actions import inputs
from credit.actions.refusals import BadInput, Refused, require
from credit.actors import Actor
from credit.models import Preferences, SavedView
from credit.models.view import LONGEST_NAME, LONGEST_QUERY
from credit.terms import Reason
from organizations.models import known_time_zones

# Tabs of one person; more than these nobody finds again.
MOST_VIEWS = 20


def save_view(
    *, name: str, query: str, is_shared: bool, replaces: bool = False, by: Actor, now: datetime
) -> SavedView:
    """BadInput where the person, or among shared views anybody, has the name; sharing is by right.

    `replaces`: one's own view of that name asks this from now on, for whomever it is offered to.
    """
    name = _named(name)
    query = inputs.text(query, field="query", longest=LONGEST_QUERY)
    if not query:
        raise BadInput("query", _("All wallets without a filter or an order need no view of their own."))
    if is_shared:
        require(by, "credit.share_views", _("offer a view to everybody"))
    with transaction.atomic():
        own = SavedView.objects.select_for_update().filter(owner=by.user, name=name).first()
        if replaces and own:
            return _asks_now(own, query, is_shared, by)
        _refuse_too_many(by)
        _refuse_taken(name, is_shared, by)
        return SavedView.objects.create(
            owner=by.user, name=name, query=query, is_shared=is_shared, created_at=now
        )


def rename_view(*, view: SavedView, name: str, by: Actor) -> SavedView:
    """One's own; BadInput where the name is taken."""
    _refuse_others(view, by)
    name = _named(name)
    if name != view.name:
        _refuse_taken(name, view.is_shared, by)
        view.name = name
        view.save(update_fields=["name"])
    return view


def _named(typed: str) -> str:
    return " ".join(inputs.text(typed, field="name", longest=LONGEST_NAME, required=True).split())


def _asks_now(view: SavedView, query: str, is_shared: bool, by: Actor) -> SavedView:
    if view.is_shared:
        require(by, "credit.share_views", _("offer a view to everybody"))
    elif is_shared:
        share_view(view=view, is_shared=True, by=by)
    view.query = query
    view.save(update_fields=["query"])
    return view


def _refuse_others(view: SavedView, by: Actor) -> None:
    if by.user is None or view.owner_id != by.user.pk:
        raise Refused(Reason.NOT_AUTHORIZED, _("This view is somebody else’s. Save one of your own."))


def _refuse_too_many(by: Actor) -> None:
    if SavedView.objects.filter(owner=by.user).count() >= MOST_VIEWS:
        raise BadInput(
            "name", _("You have %(count)d views. Remove one before you save another.") % {"count": MOST_VIEWS}
        )


def _refuse_taken(name: str, is_shared: bool, by: Actor) -> None:
    if SavedView.objects.filter(owner=by.user, name=name).exists():
        raise BadInput("name", _("You have a view of that name. Choose another one, or replace it."))
    if is_shared and SavedView.objects.filter(is_shared=True, name=name).exists():
        raise BadInput("name", _("Somebody shares a view of that name. Choose another one."))


def remove_view(*, view: SavedView, by: Actor) -> None:
    """One's own; a shared one also by who may share."""
    is_own = by.user is not None and view.owner_id == by.user.pk
    if not is_own and not (view.is_shared and by.may("credit.share_views")):
        raise Refused(Reason.NOT_AUTHORIZED, _("This view is somebody else’s. Its owner can remove it."))
    view.delete()


def share_view(*, view: SavedView, is_shared: bool, by: Actor) -> None:
    """Offers one's own view to everybody, or keeps it to oneself again."""
    require(by, "credit.share_views", _("offer a view to everybody"))
    _refuse_others(view, by)
    taken = SavedView.objects.filter(is_shared=True, name=view.name).exclude(pk=view.pk)
    if is_shared and taken.exists():
        raise BadInput("name", _("Somebody shares a view of that name. Choose another one."))
    view.is_shared = is_shared
    view.save(update_fields=["is_shared"])


def choose_look(*, time_zone: str, single_letters: bool, by: Actor) -> None:
    """The person's own time zone ("" for the portal's), and whether single letters act."""
    if time_zone and time_zone not in known_time_zones():
        raise BadInput("time_zone", _("There is no time zone of that name."))
    _choose(by, time_zone=time_zone, single_letters=single_letters)


def choose_letters(*, single_letters: bool, by: Actor) -> None:
    _choose(by, single_letters=single_letters)


def choose_columns(*, hidden: Iterable[str], by: Actor) -> None:
    """Columns of the list that the person does not want; which ones there are, the list knows."""
    _choose(by, hidden_columns=sorted(set(hidden)))


def _choose(by: Actor, **columns: object) -> None:
    Preferences.objects.update_or_create(user=by.user, defaults=columns)
