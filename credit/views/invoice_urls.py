"""Addresses of invoices, and of what a payment pays; `organization_urls.py` includes them."""

from django.urls import path

from credit.views import invoice_list, invoice_panels, invoices

urlpatterns = [
    path("invoices/", invoice_list.invoice_list, name="invoices"),
    path("invoices/export.csv", invoice_list.as_csv, name="invoices_csv"),
    path("invoices/<int:pk>/", invoices.invoice, name="invoice"),
    path("invoices/<int:pk>/items/", invoices.items, name="invoice_items"),
    path("invoices/<int:pk>/items.csv", invoices.items_csv, name="invoice_items_csv"),
    path("invoices/<int:pk>/hold-back/", invoice_panels.HoldBack.as_view(), name="hold_back_invoice"),
    path("invoices/<int:pk>/let-go/", invoice_panels.LetGo.as_view(), name="let_go_invoice"),
    path("invoices/<int:pk>/issue/", invoice_panels.IssueNow.as_view(), name="issue_invoice"),
    path(
        "wallets/<str:wallet_id>/lines/<int:sequence>/allocate/",
        invoice_panels.Reallocate.as_view(),
        name="reallocate",
    ),
]
