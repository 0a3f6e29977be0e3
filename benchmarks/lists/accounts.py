"""For a figure that is not reached: where the time goes."""

from benchmarks.lists.kinds import KINDS

_WHERE = (
    "Most of the page's time is Python, whatever is asked for, and flat: about a third reads and writes the thirty "
    "rows, a quarter is the session, the person, their rights and what waits for them, a fifth the templates around "
    "the table, the rest Django's own way from the request to the answer. Finding the page's rows is a twentieth of it"
)
_UNFILTERED = f"{_WHERE}; the database answers in one to three milliseconds."
_COMMON = f"{_WHERE}, and more where a word is common but its matches stand late in the order, which is walked then."
_FILTERED = f"{_WHERE}, and more for a filter that few meet: each of its facets is one step into an index."

ACCOUNTS = {
    f"list, {kind}: {figure}": {
        "common terms": _COMMON,
        "filters": _FILTERED,
        "filters and sorts": _FILTERED,
    }.get(kind, _UNFILTERED)
    for kind in KINDS
    for figure in ("pages, times the stock admin", "median, in ms", "p95, in ms")
}
