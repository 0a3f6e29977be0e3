"""The portal's addresses. Organization, money and job pages keep theirs in `views/organization_urls.py`."""

from django.urls import include, path

from credit.views import home, limits, organizations, uploads

urlpatterns = [
    path("", home.page, name="home"),
    path("limits-that-end/", home.blocked_when_limits_end, name="blocked_soon"),
    path("organizations/", organizations.organization_list, name="organizations"),
    path("organizations/export.csv", organizations.organizations_export, name="organizations_export"),
    path("wallets/<str:wallet_id>/limit/", limits.set_limit, name="set_limit"),
    path("wallets/<str:wallet_id>/limit/preview/", limits.preview_limit, name="preview_limit"),
    path("wallets/<str:wallet_id>/limit/end/<str:slot>/", limits.end_limit, name="end_limit"),
    path("wallets/<str:wallet_id>/limit/remove/", limits.remove_limit, name="remove_limit"),
    path("help/", include("credit.views.help")),
    path("", include("credit.views.organization_urls")),
    path("", include("credit.views.report_urls")),
    path("", include("credit.views.audit_urls")),
    path("", include("credit.views.alert_urls")),
    path("", include("credit.views.saved_views")),
    path("api-clients/", include("credit.views.clients")),
    path("requests/", include("credit.views.requests")),
    path("reviews/", include("credit.views.reviews")),
    path("month-end/", include("credit.views.month_end")),
    path("bulk-changes/", include("credit.views.bulk_urls")),
    path("usage-files/", uploads.usage_files, name="usage_files"),
    path("usage-files/<int:pk>/", uploads.usage_file, name="usage_file"),
    path("usage-files/<int:pk>/again/", uploads.import_again, name="import_again"),
    path("usage-files/<int:pk>/refused.csv", uploads.refused_lines, name="refused_lines"),
]
