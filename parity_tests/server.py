"""Serves models, runtime and pages on this machine under a strict policy, as a product's site would, with faults on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Nothing inline, no eval, nothing from elsewhere; compiling WebAssembly is the one thing the wasm backend needs beyond 'self'.
POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; base-uri 'none'; form-action 'none'"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    # An isolated page gets a clock of 5 microseconds instead of 100.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".bin": "application/octet-stream",
    ".wasm": "application/wasm",
}

Fault = Callable[[bytes], "bytes | None"]


class Site:
    """Folders under path prefixes, on a free port of the loopback interface.

    Parameters
    ----------
    folders
        Path prefix, with slashes at both ends -> folder; the longest prefix that fits is taken.
    policy
        What the pages may load and run.
    """

    def __init__(self, folders: Mapping[str, Path], *, policy: str = POLICY) -> None:
        self.folders = dict(sorted(folders.items(), key=lambda item: -len(item[0])))
        self.faults: dict[str, Fault] = {}
        self.requests: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = unquote(urlsplit(self.path).path)
                site.requests.append(path)
                body = site.answer(path)
                status = HTTPStatus.OK if body is not None else HTTPStatus.NOT_FOUND
                content = body if body is not None else b"not found"
                kind = TYPES.get(Path(path).suffix, TYPES[".html"]) if body is not None else "text/plain"
                self.send_response(status)
                own = {"Content-Security-Policy": policy, "Content-Type": kind, "Content-Length": str(len(content))}
                for name, value in (HEADERS | own).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Stay silent: requests are no news."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Site:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str) -> bytes | None:
        """The bytes served for a path, damaged where a fault is set; None where there are none."""
        content = self._read(path)
        fault = self.faults.get(path)
        return content if fault is None or content is None else fault(content)

    @contextmanager
    def fault(self, path: str, damage: Fault) -> Iterator[None]:
        """Serve a path damaged for a while; the file itself stays whole."""
        if self._read(path) is None:
            raise ValueError(f"{path} is not served, so no fault can be set on it")
        self.faults[path] = damage
        try:
            yield
        finally:
            del self.faults[path]

    def _read(self, path: str) -> bytes | None:
        for prefix, folder in self.folders.items():
            if not path.startswith(prefix):
                continue
            file = (folder / (path[len(prefix) :] or "index.html")).resolve()
            return file.read_bytes() if file.is_relative_to(folder.resolve()) and file.is_file() else None
        return None


def missing(_: bytes) -> None:
    """The file is gone: 404."""
    return None


def truncated(content: bytes) -> bytes:
    """The second half never arrived."""
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    """One bit of the middle byte is another."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
