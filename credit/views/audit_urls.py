"""Addresses of the audit trail, of notes and of what was promised; `credit/urls.py` includes them."""

from django.urls import path

from credit.views import audit

urlpatterns = [
    path("audit-trail/", audit.trail, name="audit"),
    path("audit-trail/<int:pk>/", audit.one, name="audit_entry"),
    path("audit-trail/audit-trail.csv", audit.as_csv, name="audit_csv"),
    path("audit-trail/seals.txt", audit.latest_digests, name="seals"),
]
