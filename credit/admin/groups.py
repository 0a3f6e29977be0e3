"""Groups say what their people may do: whoever changes one stands in the audit trail, like whoever changes a person.

What a group had is read before anything is saved; of hundreds of rights only those that came or went are told.
"""

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import FilteredSelectMultiple
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.forms.utils import flatatt
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from credit.actions import trail
from credit.actors import Actor

admin.site.unregister(Group)


class PlainChoices(FilteredSelectMultiple):
    """The admin's two lists, their options written in one go: a template for each of hundreds took 50 ms a page.

    Every right there is stays on offer: one that is not would be taken from the group without a word when it is saved.
    """

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        context = self.get_context(name, [], attrs)
        chosen = {str(each) for each in value or ()}
        options = format_html_join(
            "\n",
            '<option value="{}"{}>{}</option>',
            ((pk, mark_safe(" selected") if str(pk) in chosen else "", label) for pk, label in self.choices),
        )
        return format_html(
            '<select name="{}"{}>\n{}\n</select>', name, flatatt(context["widget"]["attrs"]), options
        )

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> list[Any]:
        return []  # for `get_context`, which would build hundreds of them


@admin.register(Group)
class GroupOfPeople(GroupAdmin):
    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "permissions":
            kwargs["widget"] = PlainChoices(db_field.verbose_name, is_stacked=False)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

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
