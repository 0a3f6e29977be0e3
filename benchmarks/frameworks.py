"""What a framework adds to a POST: `python -m benchmarks.frameworks`.

A plain Django view, django-ninja and Django REST framework answer the same requests in one process, through Django’s
own WSGI handler without middleware, in alternating rounds of processor time: the ratios are what counts. `empty`
sends and answers `{}`; `charge` sends a charge with six fields, whose types are checked, and answers two.
"""

import io
import json
import statistics
import sys
import time
from collections.abc import Callable
from decimal import Decimal

import django
from django.conf import settings

ROUNDS, REQUESTS = 9, 1500
EMPTY = b"{}"
CHARGE = json.dumps(
    {
        "wallet": "W-4071-0018",
        "amount": "12.50",
        "kind": "call",
        "reference": "call-7f3a",
        "description": "",
        "overrun": False,
    }
).encode()
WAYS = ("plain", "ninja", "drf")

if not settings.configured:
    settings.configure(
        SECRET_KEY="benchmark",
        ROOT_URLCONF=__name__,
        ALLOWED_HOSTS=["*"],
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework"],
        MIDDLEWARE=[],
        LOGGING_CONFIG=None,
        REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None},
    )
    django.setup()

import orjson  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from ninja import NinjaAPI  # noqa: E402
from ninja.parser import Parser  # noqa: E402
from pydantic import BaseModel, ConfigDict  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402


def told(wallet: str, amount: str) -> HttpResponse:
    return HttpResponse(orjson.dumps({"wallet": wallet, "amount": amount}), content_type="application/json")


@csrf_exempt
def plain_empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse(EMPTY, content_type="application/json")


@csrf_exempt
def plain_charge(request: HttpRequest) -> HttpResponse:
    """Checked by hand, as little as can be."""
    sent = orjson.loads(request.body)
    assert all(
        isinstance(sent[name], str) for name in ("wallet", "amount", "kind", "reference", "description")
    )
    assert isinstance(sent["overrun"], bool)
    return told(sent["wallet"], sent["amount"])


class OrjsonParser(Parser):
    def parse_body(self, request: HttpRequest) -> object:
        return orjson.loads(request.body)


class NinjaCharge(BaseModel):
    model_config = ConfigDict(extra="forbid")
    wallet: str
    amount: str
    kind: str
    reference: str = ""
    description: str = ""
    overrun: bool = False


api = NinjaAPI(openapi_url=None, docs_url=None, parser=OrjsonParser())


@api.post("/empty")
def ninja_empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse(EMPTY, content_type="application/json")


@api.post("/charge")
def ninja_charge(request: HttpRequest, body: NinjaCharge) -> HttpResponse:
    return told(body.wallet, body.amount)


class DrfCharge(serializers.Serializer):
    wallet = serializers.CharField()
    amount = serializers.CharField()
    kind = serializers.CharField()
    reference = serializers.CharField(allow_blank=True, default="")
    description = serializers.CharField(allow_blank=True, default="")
    overrun = serializers.BooleanField(default=False)


class DrfEmptyView(APIView):
    def post(self, request: HttpRequest) -> Response:
        return Response({})


class DrfChargeView(APIView):
    def post(self, request: HttpRequest) -> Response:
        sent = DrfCharge(data=request.data)
        sent.is_valid(raise_exception=True)
        return Response({name: sent.validated_data[name] for name in ("wallet", "amount")})


urlpatterns = [
    path("plain/empty", plain_empty),
    path("plain/charge", plain_charge),
    path("ninja/", api.urls),
    path("drf/empty", DrfEmptyView.as_view()),
    path("drf/charge", DrfChargeView.as_view()),
]


def asked(handler: WSGIHandler, way: str, what: str) -> Callable[[], None]:
    """One request as a server hands it over; fails on any other answer than 200."""
    body = EMPTY if what == "empty" else CHARGE
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": f"/{way}/{what}",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
    }

    def answered(status: str, headers: object, error: object = None) -> None:
        assert status.startswith("200"), status

    def once() -> None:
        response = handler({**environ, "wsgi.input": io.BytesIO(body)}, answered)
        b"".join(response)
        response.close()

    return once


def microseconds(once: Callable[[], None]) -> float:
    began = time.process_time()
    for _ in range(REQUESTS):
        once()
    return (time.process_time() - began) / REQUESTS * 1e6


def measured(handler: WSGIHandler, what: str) -> dict[str, list[float]]:
    ways = {way: asked(handler, way, what) for way in WAYS}
    for once in ways.values():
        microseconds(once)
    rounds: dict[str, list[float]] = {way: [] for way in WAYS}
    for number in range(ROUNDS):
        order = WAYS if number % 2 else tuple(reversed(WAYS))
        for way in order:
            rounds[way].append(microseconds(ways[way]))
    return rounds


def main() -> int:
    handler = WSGIHandler()
    print(
        f"Microseconds of processor time of a request, medians of {ROUNDS} alternating rounds of {REQUESTS} (spread):"
    )
    for what in ("empty", "charge"):
        rounds = measured(handler, what)
        base = statistics.median(rounds["plain"])
        for way, times in rounds.items():
            middle = statistics.median(times)
            ratio = Decimal(middle / base).quantize(Decimal("0.01"))
            print(f"{what:7} {way:6} {middle:7.1f} ({min(times):.1f} to {max(times):.1f})  {ratio} x plain")
    return 0


if __name__ == "__main__":
    sys.exit(main())
