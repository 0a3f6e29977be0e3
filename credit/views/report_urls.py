"""Addresses of receivables, revenue and the journal; `credit/urls.py` includes them."""

from django.urls import path

from credit.views import receivables, reports

urlpatterns = [
    path("receivables/", receivables.overdue_list, name="receivables"),
    path("receivables/overdue.csv", receivables.overdue_csv, name="receivables_csv"),
    path("receivables/customers/", receivables.customers, name="receivables_customers"),
    path("receivables/customers.csv", receivables.customers_csv, name="receivables_customers_csv"),
    path("reports/", reports.page, name="reports"),
    path("reports/revenue.csv", reports.revenue_csv, name="revenue_csv"),
    path("reports/books.journal", reports.books, name="journal"),
]
