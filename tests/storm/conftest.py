"""On SQLite one writer at a time may write, so there is nothing to storm: the storm itself is collected on PostgreSQL.

`test_command.py` runs on both, and holds that the command says so aloud.
"""

import pytest
from django.db import connections

collect_ignore = [] if connections["default"].vendor == "postgresql" else ["test_storm.py"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "storm: 64 clients over HTTP while servers die; PostgreSQL only")
