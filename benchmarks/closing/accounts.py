"""Why a ratio of a month end is not reached: where the time goes, from a profile. By the claim's sentence."""

ACCOUNTS: dict[str, str] = {}
