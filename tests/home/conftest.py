import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def nothing_kept():
    """What one test has looked for is not what the next one finds."""
    cache.clear()
