"""Usage files: read as a stream, posted in batches through the same action as any charge, resumable after a kill.

`reading` gives lines, `charges_of_lines` makes requests of them, `posting` posts a batch, `working` works a file off,
`receiving` takes a file in, `refused` writes what was not posted. The form of a file is docs/import.md.
"""
