"""What goes wrong at a user's: bad input, damaged files, a lost GPU. Each must be a typed error, and the suite must work afterwards."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from keras_models.report import Row
from keras_models.spec import BACKENDS
from parity_tests.compare import compare_answers
from parity_tests.finding import Finding
from parity_tests.harness import Chromium, Page, PageError, exported
from parity_tests.reference import Reference
from parity_tests.server import Fault, flipped, missing, truncated

MANIFEST = "/models/manifest.json"
FILE_BACKEND = "wasm"


def measure_faults(browser: Chromium, reference: Reference) -> list[Finding]:
    """Every fault of one model: bad input on all backends, a lost context on webgl, damaged files on one backend."""
    with browser.page() as page:
        probe = Probe(browser, page, reference)
        return [*probe.bad_inputs(), *probe.lost_contexts(), *probe.damaged_files(), probe.quiet()]


class Probe:
    """Makes one fault after the other on a page, and asks for a right answer after each."""

    def __init__(self, browser: Chromium, page: Page, reference: Reference) -> None:
        self.browser, self.page, self.reference = browser, page, reference
        self.args = list(reference.cases[0].args)

    def bad_inputs(self) -> Iterator[Finding]:
        """Calls that a model refuses as ``InputError``, but for those that its spec says it answers."""
        for backend in BACKENDS:
            self.page.call("open", backend)
            for fault, damage in INPUT_FAULTS.items():
                if fault in self.reference.spec.answers:
                    yield self._finding(backend, f"{fault}: answered", self._unless_taken(backend, damage(self.args)))
                    continue
                problems = self._unless_refused("input", lambda args: self._predict(backend, args), damage(self.args))  # noqa: B023 (called here)
                yield self._finding(backend, f"{fault}: InputError", problems + self._unless_answered(backend))

    def lost_contexts(self) -> Iterator[Finding]:
        """A GPU context that is lost between two calls, and one that is lost during a call: both are answered."""
        self.page.call("loseContext")
        yield self._finding("webgl", "GPU context lost between calls: rebuilt, answered", self._unless_answered("webgl"))
        reference = self.reference
        try:
            answer = self.page.call("predictWhileLosing", "webgl", reference.name, reference.spec.method, self.args)
            problems = self._unless_right("webgl", answer)
        except PageError as error:
            problems = [f"expected an answer, got {error}"]
        metric = "GPU context lost during a call: rebuilt, answered"
        yield self._finding("webgl", metric, problems + self._unless_answered("webgl"))

    def damaged_files(self) -> Iterator[Finding]:
        """Files that are missing or damaged on the server; the suite works once they are whole again."""
        files = {file["role"]: f"/models/{file['path']}" for file in exported(self.reference.name)["files"]}
        for role, path in files.items():
            for fault, (error, damage) in FILE_FAULTS.items():
                with self.browser.site.fault(path, damage):
                    self.page.call("open", FILE_BACKEND)
                    problems = self._unless_refused(error, lambda args: self._predict(FILE_BACKEND, args), self.args)
                yield self._finding(FILE_BACKEND, f"{role} file {fault}: {CLASSES[error]}", problems + self._unless_answered(FILE_BACKEND))
        for fault, damage in MANIFEST_FAULTS.items():
            with self.browser.site.fault(MANIFEST, damage):
                problems = self._unless_refused("manifest", lambda backend: self.page.call("open", backend), FILE_BACKEND)
            self.page.call("open", FILE_BACKEND)
            yield self._finding(FILE_BACKEND, f"manifest {fault}: ManifestError", problems + self._unless_answered(FILE_BACKEND))

    def quiet(self) -> Finding:
        """After all that, nothing was left uncaught and nothing broke the page's policy."""
        return self._finding(FILE_BACKEND, "no uncaught error, no breach of the policy", self.page.complaints())

    def _predict(self, backend: str, args: list[Any]) -> Any:
        (answer,) = self.page.call("predict", backend, self.reference.name, self.reference.spec.method, [args])
        return answer

    def _unless_refused(self, code: str, call: Callable[[Any], Any], argument: Any) -> list[str]:
        try:
            answer = call(argument)
        except PageError as error:
            if (error.code, error.name) == (code, CLASSES[code]) and error.message:
                return []
            return [f"expected {CLASSES[code]} ({code}), got {error.name} ({error.code or 'no code'}): {error.message}"]
        return [f"expected {CLASSES[code]}, got the answer {answer!r}"]

    def _unless_taken(self, backend: str, args: list[Any]) -> list[str]:
        try:
            answer = self._predict(backend, args)
        except PageError as error:
            return [f"expected an answer, got {error}"]
        return [] if answer else [f"expected an answer, got {answer!r}"]

    def _unless_answered(self, backend: str) -> list[str]:
        try:
            return self._unless_right(backend, self._predict(backend, self.args))
        except PageError as error:
            return [f"expected an answer afterwards, got {error}"]

    def _unless_right(self, backend: str, answer: Any) -> list[str]:
        reference = self.reference
        tolerance = reference.spec.tolerance[self.page.call("load", backend, reference.name)["precision"]]
        comparisons = {tensor.name: tensor.comparison for tensor in reference.tensors("outputs")}
        error, unequal = compare_answers(reference.answer(0), answer if isinstance(answer, list) else [answer], comparisons)
        wrong = [] if error <= tolerance else [f"the answer afterwards is off by {error:.3g}, tolerance {tolerance:g}"]
        return wrong + [f"the answer afterwards differs: {problem}" for problem in unequal]

    def _finding(self, backend: str, metric: str, problems: list[str]) -> Finding:
        row = Row(
            model=self.reference.name, backend=backend, stage="faults", metric=metric, value=len(problems), unit="wrong reactions", bound=0,
            ok=not problems, n=1, data=f"case {self.reference.cases[0].name!r}",
        )  # fmt: skip
        return Finding(row, "; ".join(problems) or None)


CLASSES = {"input": "InputError", "file": "FileError", "integrity": "IntegrityError", "manifest": "ManifestError"}


def with_first_number(args: Any, value: Any) -> Any:
    """Call arguments in which the first number, however deep, is another value."""
    replaced = False

    def walk(part: Any) -> Any:
        nonlocal replaced
        if isinstance(part, Mapping):
            return {key: walk(item) for key, item in part.items()}
        if isinstance(part, list):
            return [walk(item) for item in part]
        if replaced or isinstance(part, bool | str) or part is None:
            return part
        replaced = True
        return value

    return walk(args)


def shortened(args: list[Any]) -> list[Any]:
    """Call arguments whose first one lacks its last value or its last field."""
    first = args[0]
    short = dict(list(first.items())[:-1]) if isinstance(first, Mapping) else first[:-1]
    return [short, *args[1:]]


def other_version(content: bytes) -> bytes:
    """A manifest of a form that this runtime cannot know."""
    return json.dumps(json.loads(content) | {"schemaVersion": 999}).encode()


INPUT_FAULTS: dict[str, Callable[[list[Any]], list[Any]]] = {
    "NaN": lambda args: with_first_number(args, math.nan),
    "Infinity": lambda args: with_first_number(args, math.inf),
    "number beyond float32": lambda args: with_first_number(args, 1e300),
    "text for a number": lambda args: with_first_number(args, "12"),
    "one value too few": shortened,
    "text for everything": lambda args: ["12", *args[1:]],
    "no arguments": lambda args: [],
}
FILE_FAULTS: dict[str, tuple[str, Fault]] = {
    "missing": ("file", missing),
    "with a flipped bit": ("integrity", flipped),
    "truncated": ("integrity", truncated),
}
MANIFEST_FAULTS: dict[str, Fault] = {
    "missing": missing,
    "truncated": truncated,
    "of another schema version": other_version,
    "replaced by a page": lambda _: b"<!doctype html><title>Not found</title>",
}
