"""Why a ratio of a month end is not reached: where the time goes, from a profile. By the claim's sentence."""

ACCOUNTS: dict[str, str] = {
    "the longest transaction of a close, in ms": (
        "A transaction of 250 wallets takes 43 ms on average, and among ten thousand wallets none took longer than 48. "
        "Among a million some wait for the disk while the server writes a checkpoint: COPY of as many rows, which "
        "locks and reads nothing, has such waits too (203 ms). Smaller transactions would not shorten them. A charge "
        "on one of the wallets waited 65 ms at most while they were being closed."
    ),
}
