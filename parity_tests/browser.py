"""Finds the Chromium that the tests run in: the user's choice, the system's, Debian's package, or Playwright's own download."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

VARIABLE = "TUNESMITH_CHROMIUM"
COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APPLICATIONS = (
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)
FOUND = Path(__file__).resolve().parent.parent / ".setup" / "browser"
INSTALL_LIMIT_S = 900

# WebGL without a GPU: the browser's own software renderer, the same everywhere.
LAUNCH_ARGS = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist")


class BrowserMissingError(Exception):
    """No Chromium was found, and none could be installed."""


def find_browser(*, install: bool = True) -> Path:
    """Return the executable of a Chromium, remembered in ``.setup/browser``.

    Parameters
    ----------
    install
        Whether to install one where there is none: Debian's package where the user is root, else Playwright's download.

    Raises
    ------
    BrowserMissingError
        If there is none; the message names the remedy.
    """
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return _usable(Path(chosen))
    if FOUND.is_file() and os.access(remembered := Path(FOUND.read_text(encoding="utf-8").strip()), os.X_OK):
        return remembered
    browser = _system() or _playwright()
    if browser is None and install:
        browser = _install_debian() or _install_playwright()
    if browser is None:
        raise BrowserMissingError(
            f"no Chromium found. Remedy: install one (Debian: apt-get install chromium), or set {VARIABLE} to its path."
        )
    FOUND.parent.mkdir(exist_ok=True)
    FOUND.write_text(f"{browser}\n", encoding="utf-8")
    return browser


def _usable(browser: Path) -> Path:
    if not os.access(browser, os.X_OK) or browser.is_dir():
        raise BrowserMissingError(f"{VARIABLE}: expected the path of a Chromium executable, got {browser}")
    return browser


def _system() -> Path | None:
    for command in COMMANDS:
        if found := shutil.which(command):
            return Path(found)
    return next((application for application in APPLICATIONS if os.access(application, os.X_OK)), None)


def _playwright() -> Path | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if os.access(path, os.X_OK) else None


def _install_debian() -> Path | None:
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return None
    print("installing Debian's chromium", file=sys.stderr)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        if not _run(command, environment):
            return None
    return _system()


def _install_playwright() -> Path | None:
    print("downloading Playwright's chromium", file=sys.stderr)
    return _playwright() if _run([sys.executable, "-m", "playwright", "install", "chromium"], dict(os.environ)) else None


def _run(command: list[str], environment: dict[str, str]) -> bool:
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=INSTALL_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"{command[0]}: {error}", file=sys.stderr)
        return False
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        print(f"{' '.join(command)} failed: {''.join(last)}", file=sys.stderr)
    return done.returncode == 0


if __name__ == "__main__":
    try:
        print(find_browser())
    except BrowserMissingError as missing:
        sys.exit(str(missing))
