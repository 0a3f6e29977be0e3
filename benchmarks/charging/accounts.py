"""Why a ratio is not reached: where the time goes, from a profile. By the claim's sentence; for docs/performance.md.

Written by hand after a profile (cProfile of the process, EXPLAIN ANALYZE of the statement); shown only where needed.
"""

ACCOUNTS: dict[str, str] = {
    "single charge in-process, of pgbench running the same statement": (
        "Both send one prepared statement and wait for one flush to the disk; what is left is Python, about "
        "0.15 ms a charge. A third of it is the driver (binding thirteen values, fetching one row), a third "
        "what the statement cannot do (parsing the amount exactly, the fingerprint of the content), the rest "
        "building the outcome from its JSON. The faster the disk flushes, the more this weighs."
    ),
    "batch of 1,000 over many wallets, of COPY of all the same rows": (
        "A third of the time is Python (parsing each amount exactly, each line's fingerprint, its outcome), "
        "two thirds the server. There COPY writes two rows a charge; the batch also finds, locks and updates "
        "a thousand wallets' rows, each update as dear as an insert, looks a thousand keys up, asks the rule "
        "a thousand times and builds the answers."
    ),
    "HTTP: all on one wallet, of spread over 100,000": (
        "On one wallet every charge waits for the one before it until its commit is on the disk. Charges that "
        "wait together in one web process are applied together, so what is lost is the wait of those that "
        "come while a group is being committed; spread over many wallets these commits overlap."
    ),
    "SQLite: single charge, of bare sqlite3 running the same statements": (
        "SQLite needs about 0.3 ms for the five statements and the flush; Python adds about 0.15 ms: parsing the "
        "amount exactly, the fingerprint of the content, the values of the statements and the outcome. Nothing is "
        "built or compiled a second time."
    ),
}
