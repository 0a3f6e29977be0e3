"""Why a ratio of a month end is not reached: where the time goes, from a profile. By the claim's sentence."""

ACCOUNTS: dict[str, str] = {
    "the longest transaction of a close, in ms": (
        "What it waits for is the disk: beside the longest transaction stands the longest flush of the log, for the "
        "close and for COPY, which locks and reads nothing. Every step of every transaction was timed beside the "
        "server's wait events and the disk's counters (ADR 50). Three causes were found and are gone: new pages "
        "that the kernel wrote out all at once after half a minute (180 to 240 ms), new files of the log (20 to 40 ms, "
        "once in 4,000 wallets), and pages of others that had to leave 512 MB of buffers. What is left are single "
        "flushes that take 40 to 230 ms on this disk with one megabyte written and nothing before them in the queue."
    ),
    "the same without its wait for the disk, in ms": (
        "A transaction takes as many wallets as the one before did in 25 ms (closes.Pace). It is longer where others "
        "take the processor's cores from the server."
    ),
}
