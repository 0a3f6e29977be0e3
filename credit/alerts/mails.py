"""An alert as an e-mail: to the customer in the seller's name, to finance as a list of what happened to whom."""

from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from credit import display
from credit.alerts import words
from credit.documents import messages, parties
from credit.models import AlertEvent, AlertKind, AlertSend, Audience, Seller

# The portal's own, for mail programs that know no style sheet.
_COLOURS = {"danger": "#a31d17", "warn": "#774700", "temp": "#62389a", "ok": "#1a623d"}


def compose(sends: list[AlertSend], now: datetime) -> EmailMultiAlternatives:
    """One message for sends to the same recipient, with `event__wallet__organization` loaded; a customer's is alone."""
    first = sends[0]
    seller = parties.seller_on(display.local(now, first.event.wallet.time_zone).date())
    if first.audience == Audience.CUSTOMER:
        assert len(sends) == 1
        return _message(first, _for_customer(first.event, seller), "mail/message", message_id(sends), seller)
    return _message(
        first, _for_staff([send.event for send in sends]), "mail/alert_staff", message_id(sends), None
    )


def message_id(sends: list[AlertSend]) -> str:
    """The same for the same alerts to the same recipient, so that a mailbox knows a second copy."""
    told = " ".join(sorted(str(send.event.uuid) for send in sends))
    digest = sha256(f"{sends[0].recipient} {told}".encode()).hexdigest()[:40]
    return f"<alert.{digest}@{settings.CREDIT_MESSAGE_ID_DOMAIN}>"


def _message(
    send: AlertSend, context: dict[str, object], template: str, identity: str, seller: Seller | None
) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(
        subject=str(context["subject"]),
        body=render_to_string(f"{template}.txt", context),
        from_email=messages.sender(seller),
        to=[send.recipient],
        reply_to=[seller.email] if seller and seller.email else None,
        headers={"Message-ID": identity, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    return message


def _for_customer(event: AlertEvent, seller: Seller | None) -> dict[str, object]:
    """Subject and paragraphs from one template, whose first line is the subject (as documents/messages.py)."""
    context = {
        "event": event,
        "organization": event.wallet.organization,
        "seller": seller,
        "seller_name": seller.name if seller else _("Your provider"),
        "headline": words.headline(event),
        "details": words.details(event),
        **_after_the_end(event),
        "works_again": "blocked:0" in event.covers,
    }
    written = render_to_string("mail/alert_customer.txt", context)
    subject, _line, body = written.strip().partition("\n")
    paragraphs = [" ".join(part.split()) for part in body.split("\n\n") if part.strip()]
    return {**context, "subject": subject.strip(), "paragraphs": paragraphs, "figures": words.figures(event)}


def _after_the_end(event: AlertEvent) -> dict[str, object]:
    """What the words about a temporary limit need: amounts with their currency, the end in the customer's zone."""
    left, currency = words.usable_after_the_end(event), event.wallet.currency
    return {
        "ends": display.in_words(event.limit_ends_at, event.wallet.time_zone) if event.limit_ends_at else "",
        "limit": display.with_code(event.limit_micros or 0, currency),
        "back": display.with_code(event.falls_back_to_micros or 0, currency),
        "left_micros": left,
        "left": "" if left is None else display.with_code(abs(left), currency),
    }


def _for_staff(events: list[AlertEvent]) -> dict[str, object]:
    if len(events) == 1:
        subject = f"{events[0].wallet.organization.name}: {words.headline(events[0])}"
    else:
        subject = ngettext("%(count)s alert", "%(count)s alerts", len(events)) % {"count": len(events)}
    rows = [
        {
            "event": event,
            "organization": event.wallet.organization.name,
            "headline": words.headline(event),
            "details": words.details(event),
            "at": display.in_words(event.at, settings.PORTAL_TIME_ZONE),
            "link": _link(event),
            "colour": _COLOURS[words.LOOKS[AlertKind(event.kind)][0]],
        }
        for event in events
    ]
    return {"subject": " ".join(subject.split()), "rows": rows}


def _link(event: AlertEvent) -> str:
    """To the wallet in the portal; nowhere where the setting does not say at which address people reach it."""
    if not settings.PORTAL_URL:
        return ""
    page = reverse("organization", args=[event.wallet.organization.uuid])
    return f"{settings.PORTAL_URL.rstrip('/')}{page}?wallet={event.wallet.wallet_id}"
