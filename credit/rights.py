"""What a person may do, and the groups that say so: one question of the database, asked anew for every request.

Django asks twice, for the person's own rights and for their groups', and the top bar would ask a third time for the
groups' names. Nothing is kept from one request to the next: a right that was taken away is gone at once.
"""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db import DEFAULT_DB_ALIAS

from credit.written_queries import ask

# The person's own rights stand under no group; a group without rights is named all the same.
_OF_A_PERSON = """
    SELECT auth_group.name, django_content_type.app_label, auth_permission.codename
    FROM auth_user_groups
    JOIN auth_group ON auth_group.id = auth_user_groups.group_id
    LEFT JOIN auth_group_permissions ON auth_group_permissions.group_id = auth_group.id
    LEFT JOIN auth_permission ON auth_permission.id = auth_group_permissions.permission_id
    LEFT JOIN django_content_type ON django_content_type.id = auth_permission.content_type_id
    WHERE auth_user_groups.user_id = %s
    UNION ALL
    SELECT NULL, django_content_type.app_label, auth_permission.codename
    FROM auth_user_user_permissions
    JOIN auth_permission ON auth_permission.id = auth_user_user_permissions.permission_id
    JOIN django_content_type ON django_content_type.id = auth_permission.content_type_id
    WHERE auth_user_user_permissions.user_id = %s
"""


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


def _read(person: Any) -> None:
    """Kept on the person, who is read anew for each request; the rights where Django keeps them."""
    found = ask(DEFAULT_DB_ALIAS, _OF_A_PERSON, [person.pk, person.pk])
    person._group_names = sorted({name for name, _, _ in found if name is not None})
    if not person.is_superuser:
        person._perm_cache = {f"{app}.{codename}" for _, app, codename in found if codename is not None}
