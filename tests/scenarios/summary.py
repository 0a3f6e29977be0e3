"""Says at the end of a run how many scenarios were replayed: a number that is printed cannot shrink unseen."""

from tests.scenarios.answers import DIFFERENT, OUT_OF_SCOPE


def pytest_terminal_summary(terminalreporter):
    passed = [_scenario(report) for report in terminalreporter.stats.get("passed", ()) if _scenario(report)]
    failed = [_scenario(report) for report in terminalreporter.stats.get("failed", ()) if _scenario(report)]
    if not passed and not failed:
        return
    different = [one for one in passed if one in DIFFERENT]
    terminalreporter.section("scenarios")
    terminalreporter.line(
        f"scenarios: {len(passed) - len(different)} replayed, {len(different)} with product.md's answer, "
        f"{len(OUT_OF_SCOPE)} out of scope" + (f", {len(failed)} FAILED" if failed else "")
    )
    for name in different:
        terminalreporter.line(f"  {name}: {DIFFERENT[name][0]}")
    for name, reason in OUT_OF_SCOPE.items():
        terminalreporter.line(f"  {name} out of scope: {reason}")


def _scenario(report):
    """The id of the scenario that a test report is about."""
    if "test_scenarios.py::test_scenario[" not in report.nodeid:
        return None
    return report.nodeid.rsplit("[", 1)[1].rstrip("]")
