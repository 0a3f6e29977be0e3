"""Makes the guide's pictures from the product itself: `python -m tests.browser.pictures`, with the demo's data.

They are taken in the light look at the width at which a person reads them, into static/help/.
"""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.demo import BASE_DIR, FLAGS, Demo, made, serve

FOLDER = BASE_DIR / "static" / "help"
CUSTOMER = "W-4071-2236"


@dataclass(frozen=True)
class Picture:
    """What `shown` names, from its top, `height` high. `keys` are pressed before, `typed` is filled in."""

    name: str
    path: str
    shown: str
    width: int
    height: int
    keys: str = ""
    typed: tuple[tuple[str, str], ...] = ()
    ready: str = "main"


PICTURES = (
    Picture("list", "/organizations/", "main", 1240, 620, ready="[data-row]"),
    Picture(
        "limit",
        f"/organizations/?q={CUSTOMER}",
        "#panel",
        608,
        1100,
        keys="jl",
        typed=(("#panel #id_amount", "150"), ("#panel #id_days", "8")),
        ready="#preview:has-text('After it ends')",
    ),
)


def take(page: Page, portal: Demo, picture: Picture) -> None:
    page.set_viewport_size({"width": 1440, "height": 1100})
    page.goto(f"{portal.url}{picture.path}")
    for key in picture.keys:
        page.keyboard.press(key)
    for field, text in picture.typed:
        page.fill(field, text)
    page.wait_for_selector(picture.ready)
    page.wait_for_load_state("networkidle")
    box = page.locator(picture.shown).first.bounding_box()
    assert box is not None
    assert round(box["width"]) == picture.width, box
    clip = {"x": box["x"], "y": box["y"], "width": picture.width, "height": picture.height}
    page.screenshot(path=FOLDER / f"{picture.name}.png", clip=clip)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for picture in PICTURES:  # pages name it, so it has to be there before they can be shown
        (FOLDER / f"{picture.name}.png").touch()
    shared = Path(tempfile.mkdtemp())
    process, portal = serve(made(shared), shared / "demo.log")
    try:
        with sync_playwright() as playwright:
            path = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            context = browser.new_context(color_scheme="light", reduced_motion="reduce")
            context.add_cookies([portal.cookie("admin")])
            for picture in PICTURES:
                take(context.new_page(), portal, picture)
            browser.close()
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(shared)


if __name__ == "__main__":
    main()
