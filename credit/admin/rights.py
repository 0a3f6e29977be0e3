"""Who may do what is changed in the Django admin; the audit trail says so like any other change."""

from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone

from credit.actions import trail
from credit.actors import Actor

_FLAGS = ("is_active", "is_staff", "is_superuser")


def of(pk: int | None) -> dict[str, Any]:
    """As they stand in the database: groups by name, and what else opens doors."""
    user = User.objects.filter(pk=pk).first()
    if user is None:
        return {}
    groups = ", ".join(user.groups.order_by("name").values_list("name", flat=True))
    return {"groups": groups, **{name: getattr(user, name) for name in _FLAGS}}


def tell(request: HttpRequest, user: User, before: dict[str, Any], password_changed: bool) -> None:
    after = of(user.pk)
    changed = [name for name in after if after[name] != before.get(name)]
    if not changed and not password_changed:
        return
    told = {name: after[name] for name in changed} | {"person": user.get_username()}
    if password_changed:
        told["new_password"] = True
    trail.of_portal(
        "change_rights" if before else "sign_up_person",
        by=Actor.person(request.user),
        at=timezone.now(),
        before={name: before[name] for name in changed if name in before},
        after=told,
    )


def tell_removed(request: HttpRequest, user: User, before: dict[str, Any]) -> None:
    """Only somebody who never did anything can be removed: whoever acted is protected."""
    by, told = Actor.person(request.user), {"person": user.get_username()}
    trail.of_portal("remove_person", by=by, at=timezone.now(), before=before, after=told)
