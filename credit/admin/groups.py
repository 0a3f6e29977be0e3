"""Groups say what their people may do: whoever changes one stands in the audit trail, like whoever changes a person.

What a group had is read before anything is saved; of hundreds of rights only those that came or went are told.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from credit.actions import trail
from credit.actors import Actor

admin.site.unregister(Group)


@admin.register(Group)
class GroupOfPeople(GroupAdmin):
    def save_model(self, request: Any, obj: Group, form: Any, change: bool) -> None:
        request.group_before = _of(obj.pk)
        super().save_model(request, obj, form, change)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        (name, had), (named, has) = request.group_before, _of(form.instance.pk)
        if (name, had) == (named, has):
            return
        before = {"scopes": sorted(had - has)} | ({"group": name} if name else {})
        _tell(request, "change_group", before, {"scopes": sorted(has - had), "group": named})

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        name, had = _of(obj.pk)
        super().delete_model(request, obj)
        _tell(request, "remove_group", {"scopes": sorted(had)}, {"group": name})

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        for group in queryset:
            self.delete_model(request, group)


def _of(pk: int | None) -> tuple[str, set[str]]:
    """Its name and its rights, as they stand in the database."""
    group = Group.objects.filter(pk=pk).first()
    if group is None:
        return "", set()
    rights = group.permissions.values_list("content_type__app_label", "codename").order_by()
    return group.name, {".".join(right) for right in rights}


def _tell(request: HttpRequest, verb: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    by = Actor.person(request.user)
    trail.of_portal(verb, by=by, at=timezone.now(), before=before, after=after)
