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
    _numbers: count = field(default_factory=lambda: count(1))

    @cached_property
    def url(self) -> str:
        url = self.server.database("portal")
        python("benchmarks.charging.portal", env=self.server.environment(url))
        return url

    @cached_property
    def env(self) -> dict[str, str]:
        return self.server.environment(self.url)

    def wallets(self, number: int, url: str = "") -> books.Range:
        """New wallets, in millions of their own."""
        return books.create_wallets(url or self.url, next(self._numbers) * 1_000_000, number)
