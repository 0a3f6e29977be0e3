"""`--thorough` asks for the long runs, which a machine without hours to spare leaves out, and says so."""


def pytest_addoption(parser):
    parser.addoption("--thorough", action="store_true", help="Also run the histories that take many minutes.")


def pytest_configure(config):
    config.addinivalue_line("markers", "thorough: takes many minutes; only with --thorough")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--thorough", default=False):
        return
    left_out = [item for item in items if "thorough" in item.keywords]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
