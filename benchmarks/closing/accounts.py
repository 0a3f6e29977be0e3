"""Why a ratio of a month end is not reached: where the time goes, from a profile. By the claim's sentence."""

ACCOUNTS: dict[str, str] = {
    "the longest a charge takes while invoices are issued, in ms": (
        "Numbers that are drawn must survive a power cut, so the transaction of fifty invoices waits for its log "
        "on the disk, and so does the charge for its own. It is the worst of all charges of all rounds."
    ),
    "the longest transaction of a close, in ms": (
        "A transaction takes as many wallets as the one before did in 25 ms (closes.Pace), and does not wait for its "
        "log (ADR 54). It is longer where pages of others have to leave the server's 512 MB of buffers while the disk "
        "is busy, or where others take the processor's cores from the server."
    ),
}
