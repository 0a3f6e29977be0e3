"""Prints Lighthouse's scores at the end of a run, those of performance too, which no test asserts."""


def pytest_terminal_summary(terminalreporter):
    judged = [
        value
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, ())
        for name, value in getattr(report, "user_properties", ())
        if name == "lighthouse"
    ]
    if judged:
        terminalreporter.section("lighthouse")
    for page, scores in judged:
        said = ", ".join(f"{category} {score}" for category, score in scores.items())
        terminalreporter.line(f"lighthouse: {page}: {said}")
