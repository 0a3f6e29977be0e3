import pytest

from tests.storm import __main__ as command


def test_the_storm_says_that_it_needs_postgresql(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "sqlite:///somewhere.sqlite3")
    with pytest.raises(SystemExit, match="needs PostgreSQL"):
        command.main(["--seconds", "1"])
