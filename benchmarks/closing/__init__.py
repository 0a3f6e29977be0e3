"""How fast a month end is: closing, ending limits, and what charges notice of it; beside COPY of the same rows."""
