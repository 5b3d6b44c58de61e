"""Photographs the head of the parity report, down to its plots, for the README."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import sync_playwright

from parity_tests.browser import find_browser
from parity_tests.harness import ROOT

REPORT = ROOT / "reports" / "parity.html"
PICTURE = Path(__file__).with_name("report.png")
WIDTH = 1120
SECTIONS = "header, section.plot"


def take_picture() -> None:
    """Write ``report.png`` from the last report.

    Raises
    ------
    FileNotFoundError
        If there is no report.
    """
    if not REPORT.is_file():
        raise FileNotFoundError(f"{REPORT.relative_to(ROOT)} is missing; run `make parity`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 900}, color_scheme="light")
        page.goto(REPORT.as_uri())
        boxes = [element.bounding_box() for element in page.locator(SECTIONS).all()]
        bottom = max(box["y"] + box["height"] for box in boxes if box)
        page.screenshot(path=PICTURE, full_page=True, clip={"x": 0, "y": 0, "width": WIDTH, "height": bottom + 28})
        browser.close()
