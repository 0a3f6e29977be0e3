"""The whole story in Chromium, as docs/story.md tells it, from the phone call until the customer works again.

`KEEP_PICTURES=1` keeps what a person sees at each step in docs/images/story/.
"""

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.utils import timezone
from playwright.sync_api import expect

from credit import tasks
from credit.actions import charges, clients, payments
from credit.actors import Actor
from credit.display import local
from credit.groups import OFFICER
from credit.models import AlertEvent, ChangeRequest, CreditLimit, Scope, Wallet
from credit.money import to_decimal, to_micros
from credit.terms import Kind
from tests.factories import a_wallet, an_organization

SYSTEM = Actor.system("Usage import")
ZONE = "Europe/Tallinn"
PICTURES = Path(__file__).resolve().parent.parent.parent / "docs" / "images" / "story"


@pytest.fixture
def node_nexus(transactional_db):
    """Prepaid for ten weeks, about 6 EUR a day, topped up every fortnight; now at its limit of 100.00."""
    now = timezone.now()
    wallet = a_wallet(
        an_organization(name="Node Nexus Network OÜ", time_zone=ZONE),
        wallet_id="W-4071-2236",
        permanent_limit="100",
        latest_at=now - timedelta(days=70),
        created_at=now - timedelta(days=70),
    )
    days = range(69, 0, -1)
    calls = {day: Decimal(5 + day % 3) + Decimal("0.25") for day in days}
    paid = {day: Decimal(60) for day in days if day % 14 == 13}
    paid[max(paid)] += (
        sum(calls.values()) - sum(paid.values()) - 100
    )  # so that today all of the limit is used
    for day in days:
        at = now - timedelta(days=day)
        if day in paid:
            payments.record_payment(
                wallet=wallet, amount=paid[day], reference=f"top-up {day}", by=SYSTEM, now=at
            )
        later = at + timedelta(minutes=1)
        charges.charge(wallet=wallet, amount=calls[day], kind=Kind.CALL, by=SYSTEM, now=later)
    an_organization(name="Algorithm s.r.o.")
    return wallet


@pytest.fixture
def switch(transactional_db):
    """The customer's switch: an API client with a credential of its own."""
    said = {"name": "Switch Tallinn", "scopes": Scope.values, "authority": Group.objects.get(name=OFFICER)}
    return clients.create_client(**said, by=Actor.system("Set-up"), now=timezone.now())[1]


class Story:
    """The people at their desks, the customer's switch, and a picture after each step."""

    def __init__(self, desks, wallet, credential):
        self.desks, self.wallet, self.credential = desks, wallet, credential
        self.eva = desks("eva")
        self.page = self.eva.page
        self.steps = 0

    def keep(self, name, page=None):
        self.steps += 1
        if os.environ.get("KEEP_PICTURES"):
            PICTURES.mkdir(parents=True, exist_ok=True)
            (page or self.page).screenshot(path=PICTURES / f"{self.steps:02}-{name}.png")

    def live(self):
        return Wallet.objects.at(timezone.now()).get(pk=self.wallet.pk)

    def call(self, amount, key):
        """The switch charges a call over HTTP."""
        return self.page.request.post(
            f"{self.eva.address}/api/v1/charges",
            headers={"Authorization": f"Bearer {self.credential}", "Idempotency-Key": key},
            data={"wallet": self.wallet.wallet_id, "amount": amount, "kind": "call"},
        )

    def open_customer(self):
        self.eva.open(f"/organizations/{self.wallet.organization.uuid}/?wallet={self.wallet.wallet_id}")

    def open_panel(self, key):
        self.open_customer()
        self.page.keyboard.press(key)
        self.page.wait_for_selector("#panel[open] #id_amount")

    def the_phone_rings(self):
        """ "Our calls fail, the payment is on its way." Found by keyboard alone."""
        self.eva.panel_of("node nexus")
        expect(self.page.locator("#preview")).to_contain_text("Blocked")
        self.keep("found-and-opened")

    def the_guideline_is_used(self):
        self.page.fill("#id_days", "7")
        expect(self.page.locator("#guideline")).to_contain_text("charges of 7 days")
        self.page.locator("#guideline button:has-text('Use')").click()
        self.page.wait_for_selector("#ends-note:has-text('Ends by itself on')")
        expect(self.page.locator("#preview")).to_contain_text("After it ends")
        self.keep("guideline-and-preview")

    def the_limit_is_saved(self):
        typed = self.page.input_value("#id_amount")
        self.page.select_option("#id_reason_code", index=1)
        self.page.fill("#id_reason", "Payment announced by phone")
        self.page.keyboard.press("Control+Enter")
        expect(self.page.locator("#toasts")).to_contain_text("Undo")
        assert self.live().limit_state == "temporary"
        assert self.live().effective_limit_micros == to_micros(Decimal(typed))
        tasks.watch_wallets()  # beat runs it every 15 seconds
        self.keep("saved")

    def the_customer_calls_until_the_limit_holds(self):
        room = to_decimal(self.live().usable_micros)
        assert self.call(str(room), "call-1").status == 200
        declined = self.call("0.01", "call-2")
        assert declined.status == 402
        assert declined.json()["type"].endswith("credit_limit_exceeded")
        self.open_customer()
        expect(self.page.locator("#main")).to_contain_text("Why was it declined?")
        self.keep("declined-and-why")

    def the_alert_is_there(self):
        tasks.watch_wallets()
        assert AlertEvent.objects.filter(wallet=self.wallet, kind="blocked").exists()
        self.eva.open("/alerts/")
        expect(self.page.locator("#main")).to_contain_text("Node Nexus Network OÜ")
        self.keep("alert")

    def more_than_eva_may_decide(self):
        """Temporary until an exact minute, which leaves the slowest machine time to approve. Gives that instant."""
        ends = (timezone.now() + timedelta(minutes=10)).replace(second=0, microsecond=0)
        self.open_panel("l")
        self.page.fill("#id_amount", "15000")
        self.page.fill("#id_ends_at", f"{local(ends, ZONE):%Y-%m-%dT%H:%M}")
        self.page.select_option("#id_reason_code", index=1)
        self.page.fill("#id_reason", "Campaign of tonight, paid tomorrow")
        request = self.page.locator("#panel #save[name=request]")
        expect(request).to_be_visible()
        self.keep("above-authority")
        request.click()
        expect(self.page.locator("#toasts")).to_contain_text("equest")
        return ends

    def somebody_else_approves(self):
        asked = ChangeRequest.objects.get()
        page = self.desks("jana").open(f"/requests/{asked.pk}/")
        page.fill("#id_words", "Agreed with sales, the contract is signed")
        self.keep("request", page)
        page.click("button:has-text('Approve')")
        expect(page.locator("#main")).to_contain_text("Approved")
        assert self.live().effective_limit_micros == to_micros(Decimal(15_000))
        self.keep("approved", page)
        assert self.call("400", "call-3").status == 200

    def the_clock_ends_it(self):
        """At its instant, though no job has run."""
        assert CreditLimit.objects.filter(wallet=self.wallet, ended_at=None, slot="temporary").exists()
        self.open_customer()
        expect(self.page.locator("#main")).to_contain_text("Blocked now")
        self.keep("ended-by-the-clock")

    def the_payment_arrives(self):
        debt = -to_decimal(self.live().balance_micros)
        self.open_panel("p")
        self.page.fill("#id_amount", f"{debt + 50:.2f}")
        self.page.fill("#id_reference", "Wire 2026-118")
        self.keep("payment")
        self.page.keyboard.press("Control+Enter")
        expect(self.page.locator("#toasts")).to_contain_text("debt")
        self.keep("debt-cleared")

    def the_customer_works_again(self):
        assert self.call("1", "call-4").status == 200
        tasks.watch_wallets()
        assert AlertEvent.objects.filter(wallet=self.wallet, kind="recovered").exists()
        self.eva.open("/alerts/")
        self.keep("recovered")


def test_the_whole_story(desks, node_nexus, switch):
    tasks.watch_wallets()
    story = Story(desks, node_nexus, switch)
    story.the_phone_rings()
    story.the_guideline_is_used()
    story.the_limit_is_saved()
    story.the_customer_calls_until_the_limit_holds()
    story.the_alert_is_there()
    ends = story.more_than_eva_may_decide()
    story.somebody_else_approves()
    # Nobody waits for the minute: the clock of the portal, which runs in this process, is put at it and goes on.
    with time_machine.travel(ends, tick=True):
        story.the_clock_ends_it()
        story.the_payment_arrives()
        story.the_customer_works_again()
