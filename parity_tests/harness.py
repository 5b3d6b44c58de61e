"""Drives a real Chromium: bundles the tests' page, opens it, and calls the runtime in it from Python."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from parity_tests.browser import LAUNCH_ARGS, find_browser
from parity_tests.server import Site

ROOT = Path(__file__).resolve().parent.parent
PAGE = Path(__file__).parent / "page"
BUNDLE = ROOT / "build" / "parity"
MODELS = ROOT / "dist" / "models"
RUNTIME = ROOT / "web_runtime" / "dist"
FOLDERS = {"/models/": MODELS, "/runtime/": RUNTIME, "/page/": BUNDLE, "/": PAGE}
LIMIT_MS = 60_000
CALLS_AT_ONCE = 100


class PageError(Exception):
    """An error thrown in the page.

    Attributes
    ----------
    name, code
        The error's class and its stable code; the code is empty where the error is none of the runtime's own.
    """

    def __init__(self, name: str, code: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name, self.code, self.message = name, code, message


class Page:
    """One page of the browser, with a cache and a heap of its own."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._context = browser.new_context()
        self._page = self._context.new_page()
        self._page.set_default_timeout(LIMIT_MS)
        self._uncaught: list[str] = []
        self._page.on("pageerror", lambda error: self._uncaught.append(str(error)))
        self._devtools = self._context.new_cdp_session(self._page)
        self._devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        self._page.goto(url)
        self._page.wait_for_function("() => typeof window.parity === 'function'")

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *_: object) -> None:
        self._context.close()

    def call(self, handler: str, *arguments: Any) -> Any:
        """Call one handler of the page (``page/main.ts``).

        Raises
        ------
        PageError
            If it throws, or the page breaks.
        """
        try:
            outcome = self._page.evaluate("([handler, args]) => window.parity(handler, args)", [handler, jsonable(arguments)])
        except PlaywrightError as error:
            raise PageError("Error", "", f"the page broke in {handler}: {error.message}") from error
        if error := outcome.get("error"):
            raise PageError(**error)
        return outcome.get("value")

    def call_each(self, handler: str, *arguments: Any, calls: Sequence[Any]) -> list[Any]:
        """Call a handler that takes many calls of a model, some at a time: one message to the page must not grow without bound."""
        answers: list[Any] = []
        for start in range(0, len(calls), CALLS_AT_ONCE):
            answers += self.call(handler, *arguments, calls[start : start + CALLS_AT_ONCE])
        return answers

    def run(
        self, backend: str, model: str, inputs: Mapping[str, np.ndarray], outputs: Sequence[str], *, batch: int = 128
    ) -> dict[str, np.ndarray]:
        """Run a graph on named inputs, some rows at a time; returns the named outputs, batch axis first."""
        rows = len(next(iter(inputs.values())))
        parts = []
        for start in range(0, rows, batch):
            some = to_text({name: value[start : start + batch] for name, value in inputs.items()})
            parts.append(from_text(self.call("run", backend, model, some, list(outputs))))
        return {name: np.concatenate([part[name] for part in parts]) for name in outputs if all(name in part for part in parts)}

    def complaints(self) -> list[str]:
        """What the page's policy refused and what no code caught, since the last time it was asked."""
        complaints = [*self.call("violations"), *self._uncaught]
        self._uncaught.clear()
        return complaints

    def processor_seconds(self) -> float:
        """Processor time that the page's main thread has used; what other programs take meanwhile does not count."""
        metrics = self._devtools.send("Performance.getMetrics")["metrics"]
        return next(metric["value"] for metric in metrics if metric["name"] == "ThreadTime")

    def collect_garbage(self) -> None:
        """Free what nothing refers to any more, so that what is left is what is held."""
        self._devtools.send("HeapProfiler.collectGarbage")

    def heap_bytes(self) -> int:
        """Bytes of the page's JavaScript heap and of its array buffers."""
        usage = self._devtools.send("Runtime.getHeapUsage")
        return int(sum(usage.get(part, 0) for part in ("usedSize", "embedderHeapUsedSize", "backingStorageSize")))


class Chromium:
    """A browser with the site that its pages come from."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser, self.site = browser, site
        self.version = f"Chromium {browser.version}"

    def page(self) -> Page:
        """Open a fresh page: nothing cached, nothing loaded."""
        return Page(self.browser, f"{self.site.url}/")


@contextmanager
def chromium() -> Iterator[Chromium]:
    """Launch the browser and the site; everything is gone afterwards."""
    bundle()
    with Site(FOLDERS) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=[*LAUNCH_ARGS, "--no-sandbox"])
        try:
            yield Chromium(browser, site)
        finally:
            browser.close()


def bundle(entry: str = "main.ts", *extra: str) -> None:
    """Bundle a page with the built runtime and the workspace's tfjs, as a product does; ``extra`` are options of esbuild.

    Raises
    ------
    FileNotFoundError
        If the models or the runtime are not built.
    """
    for needed in (MODELS / "manifest.json", RUNTIME / "index.js"):
        if not needed.is_file():
            raise FileNotFoundError(f"{needed.relative_to(ROOT)} is missing; run `make export`")
    options = [
        "--bundle",
        "--format=esm",
        "--splitting",
        "--target=es2022",
        "--log-level=warning",
        "--log-override:ignored-bare-import=silent",
    ]
    # esbuild leaves the address of the worker's script as it is: beside the bundle.
    entries = [f"{Path(entry).stem}={PAGE / entry}", f"worker={RUNTIME / 'worker.js'}"]
    command = [ROOT / "node_modules" / ".bin" / "esbuild", *entries, *options, f"--outdir={BUNDLE}", *extra]
    subprocess.run(command, cwd=ROOT, check=True)


def exported(model: str) -> dict[str, Any]:
    """What the exported manifest says of a model."""
    return json.loads((MODELS / "manifest.json").read_text(encoding="utf-8"))["models"][model]


def jsonable(value: Any) -> Any:
    """Call arguments as JSON; an array travels as base64 and is a Float32Array in the page."""
    if isinstance(value, np.ndarray):
        return {"float32": base64.b64encode(np.ascontiguousarray(value, "<f4").tobytes()).decode()}
    if isinstance(value, Mapping):
        return {key: jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    return value


def to_text(tensors: Mapping[str, np.ndarray]) -> dict[str, dict[str, Any]]:
    """Arrays as the page reads them: shape, dtype and base64 of the little-endian values."""
    return {
        name: {
            "shape": list(value.shape),
            "dtype": value.dtype.name,
            "data": base64.b64encode(np.ascontiguousarray(value).tobytes()).decode(),
        }
        for name, value in tensors.items()
    }


def from_text(texts: Mapping[str, Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Arrays as the page writes them."""
    return {
        name: np.frombuffer(base64.b64decode(text["data"]), np.dtype(text["dtype"]).newbyteorder("<")).reshape(
            [int(size) for size in text["shape"]]
        )
        for name, text in texts.items()
    }
