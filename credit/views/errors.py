"""The page of last resort: it carries a number, and the log carries the same one."""

import logging
import secrets

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

log = logging.getLogger(__name__)


def server_error(request: HttpRequest) -> HttpResponse:
    digits = secrets.token_hex(4).upper()
    number = f"{digits[:4]}-{digits[4:]}"
    log.error("Support number %s: %s %s failed", number, request.method, request.path)
    return render(request, "500.html", {"number": number}, status=500)
