"""Addresses of the organization page, the money forms, invoices and jobs; `credit/urls.py` includes them."""

from django.urls import include, path

from credit.views import (
    billing,
    documents,
    jobs,
    ledger,
    modes,
    money,
    organization,
    statements,
    statuses,
    wallets,
)

urlpatterns = [
    path("organizations/<uuid:uuid>/", organization.page, name="organization"),
    path("organizations/new/", wallets.NewCustomer.as_view(), name="new_organization"),
    path("organizations/<uuid:uuid>/new-wallet/", wallets.NewWallet.as_view(), name="new_wallet"),
    path("organizations/<uuid:uuid>/suspend/", statuses.Suspend.as_view(), name="suspend_organization"),
    path("organizations/<uuid:uuid>/resume/", statuses.Resume.as_view(), name="resume_organization"),
    path("organizations/<uuid:uuid>/time-zone/", statuses.ChangeTimeZone.as_view(), name="change_time_zone"),
    path("wallets/<str:wallet_id>/ledger.csv", ledger.as_csv, name="ledger_csv"),
    path("wallets/<str:wallet_id>/payment/", money.AddPayment.as_view(), name="add_payment"),
    path("wallets/<str:wallet_id>/credit/", money.AdjustCredit.as_view(), name="adjust_credit"),
    path("wallets/<str:wallet_id>/withdraw/", money.Withdraw.as_view(), name="withdraw"),
    path("wallets/<str:wallet_id>/transfer/", money.Transfer.as_view(), name="transfer"),
    path("wallets/<str:wallet_id>/write-off/", money.WriteOff.as_view(), name="write_off"),
    path("wallets/<str:wallet_id>/lines/<int:sequence>/refund/", money.Refund.as_view(), name="refund"),
    path("wallets/<str:wallet_id>/lines/<int:sequence>/reverse/", money.Reverse.as_view(), name="reverse"),
    path(
        "wallets/<str:wallet_id>/reservations/<int:pk>/release/",
        money.ReleaseReservation.as_view(),
        name="release_reservation",
    ),
    path("wallets/<str:wallet_id>/mode/", modes.ChangeMode.as_view(), name="change_mode"),
    path("wallets/<str:wallet_id>/scheme/", modes.ChangeScheme.as_view(), name="change_scheme"),
    path("wallets/<str:wallet_id>/close/", statuses.CloseWallet.as_view(), name="close_wallet"),
    path("wallets/<str:wallet_id>/reopen/", statuses.ReopenWallet.as_view(), name="reopen_wallet"),
    path("organizations/<uuid:uuid>/billing/", billing.BillingDetails.as_view(), name="billing_details"),
    path("wallets/<str:wallet_id>/statement/", statements.page, name="statement"),
    path("wallets/<str:wallet_id>/statement.pdf", statements.as_pdf, name="statement_pdf"),
    path("wallets/<str:wallet_id>/statement.csv", statements.as_csv, name="statement_csv"),
    path("invoices/<int:pk>/invoice.pdf", documents.invoice_pdf, name="invoice_pdf"),
    path("invoices/<int:pk>/send/", documents.SendInvoice.as_view(), name="send_invoice"),
    path("invoices/<int:pk>/remind/", documents.Remind.as_view(), name="remind"),
    path("deliveries/", documents.delivery_list, name="deliveries"),
    path("deliveries/<int:pk>/again/", documents.SendAgain.as_view(), name="send_again"),
    path("", include("credit.views.invoice_urls")),
    path("jobs/", jobs.page, name="jobs"),
]
