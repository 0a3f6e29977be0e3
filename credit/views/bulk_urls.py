"""The addresses of bulk changes."""

from django.urls import path

from credit.views import bulk, bulk_page

urlpatterns = [
    path("", bulk.bulk_changes, name="bulk"),
    path("new/", bulk.new_bulk_change, name="bulk_new"),
    path("limits.xlsx", bulk.limits_xlsx, name="bulk_limits_xlsx"),
    path("<int:pk>/", bulk_page.bulk_change, name="bulk_change"),
    path("<int:pk>/run/", bulk_page.run, name="run_bulk_change"),
    path("<int:pk>/discard/", bulk_page.discard, name="discard_bulk_change"),
    path("<int:pk>/preview/", bulk_page.preview_again, name="preview_bulk_change_again"),
    path("<int:pk>/reverse/", bulk_page.reverse_it, name="reverse_bulk_change"),
    path("<int:pk>/rows.csv", bulk_page.rows_csv, name="bulk_rows_csv"),
    path("<int:pk>/left-out.csv", bulk_page.left_out_csv, name="bulk_left_out_csv"),
]
