"""Makes the pictures of the guide and of the README from the product itself: `python -m tests.browser.pictures`.

They show the demo's data, in the light look and in English, at the width at which a person reads them. pngquant, a
package of every Linux, takes the colours of the guide down to sixteen, so that a page with pictures stays under 100 kB.
"""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.demo import BASE_DIR, FLAGS, Demo, made, serve

GUIDE = BASE_DIR / "static" / "help"
PAPERS = BASE_DIR / "docs" / "images"
COLOURS = {GUIDE: 16, PAPERS: 64}
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
    folder: Path = GUIDE

    @property
    def file(self) -> Path:
        return self.folder / f"{self.name}.png"


PICTURES = (
    Picture("list", "/organizations/", "body", 1440, 900, ready="[data-row]", folder=PAPERS),
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
    page.screenshot(path=picture.file, clip=clip)
    make_small(picture)


def make_small(picture: Picture) -> None:
    command = [
        "pngquant",
        "--force",
        "--ext",
        ".png",
        "--nofs",
        "--strip",
        str(COLOURS[picture.folder]),
    ]
    subprocess.run([*command, str(picture.file)], check=True)


def main() -> None:
    for picture in PICTURES:  # pages name it, so it has to be there before they can be shown
        picture.file.touch()
    shared = Path(tempfile.mkdtemp())
    process, portal = serve(made(shared), shared / "demo.log")
    try:
        with sync_playwright() as playwright:
            path = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            context = browser.new_context(color_scheme="light", reduced_motion="reduce", locale="en-GB")
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
