"""How fast a charge is, always beside something else that runs in the same minutes on the same server."""
