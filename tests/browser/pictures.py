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
    """`ready` is waited for; of the page, `width` × `height` of what `shown` names."""

    name: str
    path: str
    ready: str
    shown: str
    width: int
    height: int
    typed: tuple[tuple[str, str], ...] = ()


PICTURES = (
    Picture("list", "/organizations/", "[data-row]", "main", 1120, 520),
    Picture(
        "limit",
        f"/wallets/{CUSTOMER}/limit/",
        "#preview .instants",
        "main",
        608,
        900,
        typed=(("#id_amount", "150"), ("#id_days", "8")),
    ),
)


def take(page: Page, portal: Demo, picture: Picture) -> None:
    wide = 1400 if picture.width > 700 else 700
    page.set_viewport_size({"width": wide, "height": 1200})
    page.goto(f"{portal.url}{picture.path}")
    for field, text in picture.typed:
        page.fill(field, text)
    page.wait_for_selector(picture.ready)
    page.wait_for_load_state("networkidle")
    box = page.locator(picture.shown).first.bounding_box()
    assert box is not None
    clip = {"x": box["x"], "y": box["y"], "width": picture.width, "height": picture.height}
    page.screenshot(path=FOLDER / f"{picture.name}.png", clip=clip)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
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
