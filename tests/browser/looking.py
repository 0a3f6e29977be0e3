"""What axe-core finds on a page that is open in Chromium, in light and dark, wide and narrow."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE, NARROW = (1440, 900), (390, 844)
# Of all rules only this one looks at colours.
OF_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
EVERYTHING = {"runOnly": {"type": "tag", "values": TAGS}, "rules": {"color-contrast": {"enabled": True}}}
RUN = """
options => axe.run({...options, resultTypes: ["violations"]}).then(({violations}) =>
    violations.flatMap(({id, nodes}) => nodes.map((node) => {
        const why = [...node.any, ...node.all, ...node.none][0]?.message ?? "";
        return `${id} at ${node.target.flat().join(" ")}: ${why} | ${node.html.slice(0, 160)}`;
    })))
"""


def complaints(page: Page, without: tuple[str, ...] = ()) -> list[str]:
    """Of one page that is open; each says the setting, the rule and the place. The page is not loaded again."""
    page.evaluate(AXE_SCRIPT)
    found = []
    for width, height in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": height})
        for scheme, options in (("light", EVERYTHING), ("dark", OF_COLOURS)):
            page.emulate_media(color_scheme=scheme)
            said = [line for line in page.evaluate(RUN, options) if line.split(" ", 1)[0] not in without]
            found += [f"{width} {scheme}: {line}" for line in said]
        if (needed := page.evaluate("document.documentElement.scrollWidth")) > width:
            found.append(f"{width}: the page scrolls sideways, it is {needed} wide")
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    page.emulate_media(color_scheme="light")
    return found
