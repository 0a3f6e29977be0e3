"""Reports of the books: what is due and for how long, revenue per kind and month, the journal for hledger.

They only read. `local_days` says which day an instant belongs to, `kinds` what a line is to the general ledger;
`ageing` and `overdue` read invoices, `revenue` and `journal` the ledger.
"""
