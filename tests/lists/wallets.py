"""Many wallets of every kind, drawn at random from a fixed seed."""

import random
from datetime import timedelta

from credit.models import Wallet
from tests.factories import a_wallet, an_organization, micros

NAMES = (
    "Algorithm",
    "Bergmann",
    "Čapek",
    "Ørsted",
    "Zürich Re",
    "Tatra Limited",
    "Limited Edition",
    "s.r.o. Nova",
)
AMOUNTS = ("0", "10", "100", "100", "1000")
ENDS = (-2, -1, 1, 3, 6, 8, 30)  # days


def many_wallets(count: int, now, seed: int = 1) -> list[Wallet]:
    draw = random.Random(seed)
    organizations = [
        an_organization(name=f"{draw.choice(NAMES)} {number % 7}") for number in range(max(count // 2, 1))
    ]
    return [_one(draw, draw.choice(organizations), now) for _ in range(count)]


def _one(draw: random.Random, organization, now) -> Wallet:
    columns = {
        "currency": draw.choice(["EUR", "USD", "JPY"]),
        "organization_status": draw.choice(["active", "active", "suspended"]),
        "near_percent": draw.choice([50, 80, 80]),
        "latest_at": now - timedelta(days=40),
        "created_at": now - timedelta(days=40),
    }
    if draw.random() < 0.1:
        return a_wallet(organization, **columns, closed_at=now - timedelta(days=1))
    columns |= _limits(draw, now)
    if draw.random() < 0.5:
        columns |= {"balance": str(draw.randint(-120, 120))}
        return a_wallet(organization, **columns)
    if not columns.get("limit_unlimited"):
        columns.setdefault("permanent_limit", "100")
    ends = timedelta(days=draw.choice([-3, 3, 20]))
    return a_wallet(
        organization, **columns, mode="postpaid", scheme=draw.choice(["individual", "consolidated", "none"]),
        balance=str(draw.randint(-50, 50)), unbilled=str(draw.randint(-10, 130)),
        period_starts_at=now + ends - timedelta(days=30), period_ends_at=now + ends,
    )  # fmt: skip


def _limits(draw: random.Random, now) -> dict:
    limits = {}
    if draw.random() < 0.2:
        limits["limit_unlimited"] = True
    elif draw.random() < 0.7:
        limits["permanent_limit"] = draw.choice(AMOUNTS)
    if draw.random() < 0.3:
        limits |= {
            "temporary_limit": draw.choice(AMOUNTS),
            "temporary_starts_at": now - timedelta(days=5),
            "temporary_ends_at": now + timedelta(days=draw.choice(ENDS)),
        }
    assert micros("1") == 10**6
    return limits


def to_the_end(asked, size):
    """The wallets of every page to the end, and back again from there; the list asked last on the way, and its page."""
    forwards, mark = [], ""
    while True:
        listed = asked(after=mark)
        page = listed.page(size)
        forwards += [row[-1] for row in page.rows]
        if not page.after:
            break
        mark = page.after
    backwards, first = [row[-1] for row in page.rows], page
    while first.before:
        first = asked(before=first.before).page(size)
        backwards = [row[-1] for row in first.rows] + backwards
    assert backwards == forwards
    return forwards, listed, page
