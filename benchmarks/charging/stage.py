"""What all comparisons stand on: one server, one portal database, and wallets that nobody else charges."""

from dataclasses import dataclass, field
from functools import cached_property
from itertools import count

from benchmarks.charging import books
from benchmarks.charging.server import Server, python


@dataclass
class Stage:
    server: Server
    many: int = 10_000  # wallets that charges are spread over
    over_http: int = 100_000
    lines_small: int = 10_000
    lines_large: int = 1_000_000
    rounds: int = 5  # what is worked off only once is shared out among them, and one that warms up
    closed: int = 1_000_000  # wallets whose month is closed
    closed_few: int = 10_000
    closed_beside: int = 200_000  # while they are charged
    issued: int = 100_000  # invoices, while their wallets are charged
    limits: int = 100_000  # temporary ones that have ended
    listed: int = 1_000_000  # wallets in a list
    at_once: int = 100  # wallets in one transaction of a close at most: closes.MOST_AT_ONCE
    _numbers: count = field(default_factory=lambda: count(1))

    @cached_property
    def credential(self) -> str:
        """Of the API client in the pattern: a migrated database with the wallets that others are copied from."""
        env = self.server.environment(self.server.database("pattern"))
        return python("benchmarks.charging.portal", env=env).strip()

    @cached_property
    def url(self) -> str:
        return self.another_portal("portal")

    @cached_property
    def env(self) -> dict[str, str]:
        return self.server.environment(self.url)

    def another_portal(self, name: str) -> str:
        assert self.credential
        return self.server.database(name, template="pattern")

    def wallets(self, number: int, url: str = "") -> books.Range:
        """New wallets, in millions of their own."""
        return books.create_wallets(url or self.url, next(self._numbers) * 1_000_000, number)

    def shared_out(self, wallets: int) -> dict[str, int]:
        """Whole transactions for each round; the warm-up takes what does not divide."""
        share = max(wallets // (self.rounds + 1) // self.at_once, 1) * self.at_once
        return {"share": share, "warm_up": wallets - self.rounds * share}
