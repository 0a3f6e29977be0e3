"""A customer's plain record, as the Django admin keeps it; whoever changes it stands in the audit trail."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone

from credit.actions import trail
from credit.actors import Actor
from organizations.admin import OrganizationAdmin
from organizations.models import Organization

_NEW = ("name", "country", "reference", "time_zone")

admin.site.unregister(Organization)


@admin.register(Organization)
class CustomerAdmin(OrganizationAdmin):
    def save_model(self, request: HttpRequest, obj: Organization, form: ModelForm, change: bool) -> None:
        before, after = changed(form) if change else ({}, {name: getattr(obj, name) for name in _NEW})
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            if after:
                verb = "change_record" if change else "create_organization"
                by = Actor.person(request.user)
                trail.of_record(
                    verb, organization_id=obj.pk, by=by, at=timezone.now(), before=before, after=after
                )


def changed(form: ModelForm) -> tuple[dict[str, Any], dict[str, Any]]:
    """What stood in the columns that somebody changed, and what stands there now."""
    names = form.changed_data
    return {name: form.initial[name] for name in names}, {name: form.cleaned_data[name] for name in names}
