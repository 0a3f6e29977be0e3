"""Bulk changes: many limits at once, previewed row by row, confirmed, run by a worker, and reversed as one act.

`sheets` reads a file, `cells` what is typed into it, `receiving` and `selecting` make the rows, `planning` previews
them, `running` does them, `driving` finds who works on what, `reversing` plans the way back. A row is done by the verbs
of `credit.actions` and nothing else (`steps`). The form of a file is docs/import.md.
"""
