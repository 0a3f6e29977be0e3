"""Exposure as it was counted week by week while the demo's half year went by, and now."""

from datetime import datetime, timedelta

from credit.actions import exposures
from credit.demo.stories import Stage


def plan(stage: Stage) -> None:
    """Counted when it is that instant's turn: the figures are those of the wallets as they stood then."""
    at = stage.calendar.now - timedelta(weeks=1)
    while at > stage.calendar.months[0]:
        stage.agenda.do(at, _count)
        at -= timedelta(weeks=1)


def tell(now: datetime) -> None:
    exposures.take(now=now)


def _count(at: datetime) -> None:
    exposures.take(now=at)
