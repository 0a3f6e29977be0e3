"""The audit trail: a list that is searched by its address, one page per entry, and everything as CSV."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.core.cache import cache
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from credit import display, viewer
from credit.actions import sealing
from credit.forms.audit import AuditFilter
from credit.models import Change, Sealed
from credit.replica import may_be_old
from credit.views import change_words, export, keyset
from credit.views.audit_customers import entries_of
from credit.views.dated import Dated

PAGE = 30
VERBS_KEPT_SECONDS = 60
_ALL_VERBS = """
    WITH RECURSIVE done(verb) AS (
        SELECT MIN(verb) FROM credit_change
        UNION ALL
        SELECT (SELECT MIN(verb) FROM credit_change WHERE verb > done.verb) FROM done WHERE done.verb IS NOT NULL
    )
    SELECT verb FROM done WHERE verb IS NOT NULL
"""
_MARKS = ("after", "before")
RIGHT = "credit.view_audit_trail"


NEWEST_FIRST = Dated("at", read=datetime.fromisoformat, descending=True)


@require_GET
@permission_required(RIGHT, raise_exception=True)
@may_be_old
def trail(request: HttpRequest) -> HttpResponse:
    form = AuditFilter(request.GET, verbs(), viewer.zone(), entries_of)
    found, problems = _page(form, request)
    asked = {name: given for name, given in request.GET.items() if name not in _MARKS and given}
    context = {
        "form": form,
        "rows": [entry(change) for change in found.rows],
        "problems": problems,
        "is_asked": bool(asked),
        "query": urlencode(asked),
        "previous_url": f"?{urlencode({**asked, 'before': found.before})}" if found.before else "",
        "next_url": f"?{urlencode({**asked, 'after': found.after})}" if found.after else "",
        "chains": sealing.chains(),
        "zone": viewer.zone(),
        "section": "audit",
    }
    return render(request, "audit/trail.html", context)


def _page(form: AuditFilter, request: HttpRequest) -> tuple[keyset.Page, list[str]]:
    unknown = [
        _("“%s” is no filter of this list.") % name for name in request.GET if name not in _known(form)
    ]
    if unknown or not form.is_valid():
        return keyset.Page([]), [*unknown, *form.problems()]
    marks = {name: request.GET.get(name, "") for name in _MARKS}
    try:
        return keyset.page(matching(form), order=NEWEST_FIRST, size=PAGE, **marks), []
    except keyset.BadPageMark:
        return keyset.Page([]), [_("The page that the address names cannot be read.")]


def _known(form: AuditFilter) -> set[str]:
    return {*form.fields, *_MARKS}


def matching(form: AuditFilter) -> QuerySet[Change]:
    """What a readable filter asks for."""
    return Change.objects.filter(form.conditions()).select_related("organization", "wallet", "by_client")


def verbs() -> list[tuple[str, str]]:
    """Everything that was ever done, in words; a verb that is new is offered within a minute."""
    found: list[str] = cache.get_or_set("verbs-of-the-audit-trail", _verbs, VERBS_KEPT_SECONDS) or []
    return sorted(((verb, change_words.done(verb)) for verb in found), key=lambda one: one[1])


def _verbs() -> list[str]:
    """Each by one step into the index."""
    with connection.cursor() as cursor:
        cursor.execute(_ALL_VERBS)
        return [verb for (verb,) in cursor.fetchall()]


def entry(change: Change) -> dict[str, Any]:
    return {
        "change": change,
        "done": change_words.done(change.verb),
        "differences": change_words.differences(change, viewer.zone()),
        "kind": change_words.actor_kind(change),
        "where": change_words.where(change),
    }


@require_GET
@permission_required(RIGHT, raise_exception=True)
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry at an address of its own, with the seal that covers it."""
    found = Change.objects.select_related("organization", "wallet", "by_client", "by_user")
    change = get_object_or_404(found, pk=pk)
    context = {
        **entry(change),
        "exactly": f"{change.at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC",
        "seal": sealing.covering(Sealed.CHANGES, change.pk),
        "digest": sealing.digest_of(change),
        "zone": viewer.zone(),
        "section": "audit",
    }
    return render(request, "audit/entry.html", context)


# --- CSV --------------------------------------------------------------------------------------------------------------

HEAD = [
    "Entry", "At (UTC)", "Who", "Person, client or system", "Through", "Address", "Task", "What", "Organization",
    "UUID", "Wallet ID", "Before", "After", "Reason code", "Reason",
]  # fmt: skip


@require_GET
@permission_required([RIGHT, "credit.export_books"], raise_exception=True)
@may_be_old
def as_csv(request: HttpRequest) -> HttpResponse:
    """Every entry that the search finds, oldest first."""
    form = AuditFilter(request.GET, verbs(), viewer.zone(), entries_of)
    if set(request.GET) - _known(form) or not form.is_valid():
        return HttpResponseBadRequest(_("The search cannot be read. Nothing was exported."))
    today = display.local(timezone.now(), viewer.zone())
    return export.stream(f"audit-trail-{today:%Y-%m-%d}", HEAD, _lines(matching(form).order_by("at", "pk")))


def _lines(found: QuerySet[Change]) -> Iterator[list[str]]:
    for change in found.iterator(chunk_size=2000):
        customer, wallet = change.organization, change.wallet
        told = change_words.differences(change, "UTC")
        yield [
            str(change.pk),
            f"{change.at:%Y-%m-%dT%H:%M:%S.%fZ}",
            *map(export.safe_text, (change.by_name, change_words.actor_kind(change), change.door)),
            change.address,
            change.task,
            export.safe_text(change_words.done(change.verb)),
            export.safe_text(customer.name) if customer else "",
            str(customer.uuid) if customer else "",
            export.safe_text(wallet.wallet_id) if wallet else "",
            export.safe_text("; ".join(f"{one.what}: {one.before}" for one in told if one.before)),
            export.safe_text("; ".join(f"{one.what}: {one.after}" for one in told)),
            change.reason_code,
            export.safe_text(change.reason),
        ]


@require_GET
@permission_required(RIGHT, raise_exception=True)
def latest_digests(request: HttpRequest) -> HttpResponse:
    """A line per chain, to be kept where nobody who can write the database can write."""
    lines = [f"{seal.of} {seal.number} {seal.last_pk} {seal.digest}\n" for seal in sealing.latest()]
    answer = HttpResponse("".join(lines), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="seals-{timezone.now():%Y-%m-%dT%H%MZ}.txt"'
    return answer
