"""For tests that ask no database: their answer is the same in both runs, so one of the two asks them."""

import pytest
from django.db import connection

once = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="No database is asked; it is asked once, in the run on SQLite."
)
