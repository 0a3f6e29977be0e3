"""The root of the addresses; what the portal does is listed in `credit/urls.py`."""

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

admin.site.site_header = admin.site.site_title = "Finance portal"

handler500 = "credit.views.errors.server_error"

urlpatterns = [
    path(
        "sign-in/",
        auth_views.LoginView.as_view(template_name="sign_in.html", redirect_authenticated_user=True),
        name="sign_in",
    ),
    path("language/", login_not_required(set_language), name="set_language"),
    path("sign-out/", auth_views.LogoutView.as_view(), name="sign_out"),
    path("admin/", admin.site.urls),
    path("api/", include("credit.api.urls")),
    path("", include("credit.urls")),
]
