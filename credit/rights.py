"""What a person may do, and the groups that say so: asked anew for every request, with the person.

Django asks twice more, for the person's own rights and for their groups', and the top bar would ask a third time for
the groups' names. Nothing is kept from one request to the next: a right that was taken away is gone at once.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import TextField
from django.db.models.expressions import RawSQL

from credit.written_queries import ask

# The person's own rights stand under no group; a group without rights is named all the same.
_HELD = """
    SELECT auth_group.name, django_content_type.app_label, auth_permission.codename
    FROM auth_user_groups
    JOIN auth_group ON auth_group.id = auth_user_groups.group_id
    LEFT JOIN auth_group_permissions ON auth_group_permissions.group_id = auth_group.id
    LEFT JOIN auth_permission ON auth_permission.id = auth_group_permissions.permission_id
    LEFT JOIN django_content_type ON django_content_type.id = auth_permission.content_type_id
    WHERE auth_user_groups.user_id = {person}
    UNION ALL
    SELECT NULL, django_content_type.app_label, auth_permission.codename
    FROM auth_user_user_permissions
    JOIN auth_permission ON auth_permission.id = auth_user_user_permissions.permission_id
    JOIN django_content_type ON django_content_type.id = auth_permission.content_type_id
    WHERE auth_user_user_permissions.user_id = {person}
"""
_AS_ONE = {
    "postgresql": "SELECT json_agg(json_build_array(name, app_label, codename))::text FROM ({held}) AS held",
    "sqlite": "SELECT json_group_array(json_array(name, app_label, codename)) FROM ({held}) AS held",
}


class RightsInOneQuestion(ModelBackend):
    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Such as "credit.overrun". A superuser's are all there are, and who is not active has none, as in Django."""
        asked_for_a_row = obj is not None
        if user_obj.is_superuser or user_obj.is_anonymous or not user_obj.is_active or asked_for_a_row:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_perm_cache"):
            _read(user_obj)
        return user_obj._perm_cache


def group_names(person: Any) -> list[str]:
    if not hasattr(person, "_group_names"):
        _read(person)
    return person._group_names


def beside_the_person(using: str) -> RawSQL:
    """A column for whoever reads a row of `auth_user`: what `keep` takes, in the question for the person itself."""
    held = _HELD.format(person="auth_user.id")
    return RawSQL(_AS_ONE[connections[using].vendor].format(held=held), [], output_field=TextField())  # noqa: S611


def keep(person: Any, held: str | None) -> None:
    """On the person, who is read anew for each request; the rights where Django keeps them."""
    _keep(person, json.loads(held or "[]"))


def _read(person: Any) -> None:
    _keep(person, ask(DEFAULT_DB_ALIAS, _HELD.format(person="%s"), [person.pk, person.pk]))


def _keep(person: Any, found: Iterable[Sequence[str | None]]) -> None:
    groups, rights = set(), set()
    for name, app, codename in found:
        if name is not None:
            groups.add(name)
        if codename is not None:
            rights.add(f"{app}.{codename}")
    person._group_names = sorted(groups)
    if not person.is_superuser:
        person._perm_cache = rights
