"""Old ledger lines in files: written, then gone from the ledger, still part of every balance, and put back if asked."""
