"""What the suite finds in audio files: the built runtime in the real browser, asked as a product would ask it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from parity_tests.harness import Chromium, PageError

BACKEND = "auto"


def analyze(browser: Chromium, files: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """What each facade that takes audio finds in each file.

    Returns
    -------
    dict
        By file: ``audio`` (channels, rate, seconds) and what was found (``genre``, ``tempo`` ...), or ``error`` with its name, code and
        message. A bad file keeps no other from being answered.
    """
    with browser.page() as page:
        page.call("open", BACKEND, {"allowSoftwareWebGL": False})
        answers = {}
        for file in files:
            try:
                content = base64.b64encode(file.read_bytes()).decode()
                answers[str(file)] = page.call("analyze", BACKEND, content)
            except PageError as error:
                answers[str(file)] = {"error": {"name": error.name, "code": error.code, "message": error.message}}
            except OSError as error:
                answers[str(file)] = {"error": {"name": type(error).__name__, "code": "file", "message": f"{error.strerror}: {file}"}}
    return answers
