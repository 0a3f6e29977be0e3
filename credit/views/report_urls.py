"""Addresses of exposure, receivables, revenue and the journal; `credit/urls.py` includes them."""

from django.urls import path

from credit.views import exposure, receivables, reports

urlpatterns = [
    path("exposure/", exposure.page, name="exposure"),
    path("exposure/states.csv", exposure.by_state_csv, name="exposure_csv"),
    path("exposure/days.csv", exposure.over_time_csv, name="exposure_days_csv"),
    path("receivables/", receivables.overdue_list, name="receivables"),
    path("receivables/overdue.csv", receivables.overdue_csv, name="receivables_csv"),
    path("receivables/customers/", receivables.customers, name="receivables_customers"),
    path("receivables/customers.csv", receivables.customers_csv, name="receivables_customers_csv"),
    path("reports/", reports.page, name="reports"),
    path("reports/revenue.csv", reports.revenue_csv, name="revenue_csv"),
    path("reports/books.journal", reports.books, name="journal"),
]
