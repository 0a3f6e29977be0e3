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
_RARE = (
    "A rare word is looked up by its groups of three letters: the index lays their lists beside each other, 1 to 7 ms "
    "by the word's letters and length, however few have it (6.8 ms for one of sixteen letters that 50 wallets have), "
    "after half a millisecond of planning for just this word. The page around it costs what page one does."
)

ACCOUNTS = {
    f"list, {kind}: {figure}": {
        "common terms": _COMMON,
        "rare terms": _RARE,
        "filters": _FILTERED,
        "filters and sorts": _FILTERED,
    }.get(kind, _UNFILTERED)
    for kind in KINDS
    for figure in ("pages, times the stock admin", "median, in ms", "p95, in ms")
}
