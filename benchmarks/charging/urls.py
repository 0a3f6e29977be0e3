"""The portal's own addresses, and one more operation of its API: a POST that signs the client in and does nothing."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from credit.api.application import api
from credit.api.clients import ClientKey

router = Router()


@router.post("/empty", auth=ClientKey("charge"), include_in_schema=False)
def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"{}", content_type="application/json")


# Before the portal's addresses are read: they list the operations there are.
api.add_router("", router)

from finance_portal.urls import urlpatterns  # noqa: E402, F401
