"""Why a ratio of a month end is not reached: where the time goes, from a profile. By the claim's sentence."""

ACCOUNTS: dict[str, str] = {
    "the longest transaction of a close, in ms": (
        "A transaction of 200 wallets takes 40 ms on average. Among a million some wait for the disk: COPY of as many "
        "rows, which locks and reads nothing, has such waits too (312 ms in the same run). Fewer wallets in a "
        "transaction (250 before) and more room for the log did not shorten them. A charge on one of the wallets "
        "waited 65 ms at most while they were being closed."
    ),
}
