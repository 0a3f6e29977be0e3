"""For a figure that is not reached: where the time goes."""

ACCOUNTS: dict[str, str] = {}
