"""Closes a chunk of wallets whenever it is asked: `python -m benchmarks.scale.closing FIRST LAST CHUNK HOW`.

HOW is `as it is`, or `every month`: without the condition on the lines' instants, so that PostgreSQL cannot leave the
other months' partitions alone.
"""

import sys

from benchmarks.charging.portal import set_up
from benchmarks.closing import shares
from benchmarks.closing.portal import chunks_of, closing


def main(first: str, last: str, chunk: str, how: str) -> None:
    set_up()
    from django.utils import timezone

    from credit.actions import close_postgresql

    assert "posted_at" in close_postgresql.NEAR_ITS_PERIOD
    if how == "every month":
        close_postgresql.NEAR_ITS_PERIOD = "true"
    shares.serve(closing(chunks_of(int(first), int(last), int(chunk)), timezone.now()))


if __name__ == "__main__":
    main(*sys.argv[1:])
