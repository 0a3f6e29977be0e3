"""Why a ratio is not reached: where the time goes, from a profile. By the claim's sentence; for docs/performance.md."""

ACCOUNTS: dict[str, str] = {}
