"""Addresses of the audit trail, of notes and of what was promised; `credit/urls.py` includes them."""

from django.urls import path

from credit.views import audit, notes

urlpatterns = [
    path("audit-trail/", audit.trail, name="audit"),
    path("audit-trail/<int:pk>/", audit.one, name="audit_entry"),
    path("audit-trail/audit-trail.csv", audit.as_csv, name="audit_csv"),
    path("audit-trail/seals.txt", audit.latest_digests, name="seals"),
    path("promises/", notes.promises, name="promises"),
    path("wallets/<str:wallet_id>/note/", notes.WriteNote.as_view(), name="write_note"),
    path("wallets/<str:wallet_id>/notes/<int:pk>/settle/", notes.Settle.as_view(), name="settle_note"),
    path("wallets/<str:wallet_id>/notes/<int:pk>/strike/", notes.StrikeOut.as_view(), name="strike_note"),
]
