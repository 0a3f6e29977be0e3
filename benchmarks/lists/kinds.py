"""The kinds of questions that a list is asked, and how many times as fast as the stock admin it answers at least."""

FLOORS = {
    "page one": 10, "deep pages": 100, "UUID": 100, "beginning of a UUID": 100, "Wallet ID": 100, "rare terms": 100,
    "common terms": 60, "filters": 20, "sorts": 20, "filters and sorts": 20,
}  # fmt: skip
KINDS = tuple(FLOORS)
