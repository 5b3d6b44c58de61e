"""The package as a product gets it: packed, installed into a Vite app, built, run under a strict policy; and the README's example."""

import json
import re
import subprocess

import pytest

from parity_tests.harness import MODELS, PAGE, ROOT
from parity_tests.server import Site

EXAMPLE = re.compile(r"<!-- example -->\s*```ts\n(.*?)```", re.DOTALL)
LIMIT_S = 300
FORECAST = """
import { createSuite, InputError } from 'tunesmith';

const suite = await createSuite({ baseUrl: '/models/' });
const session = await suite.session('forecaster');
const values = Float64Array.from({ length: 45 }, (_, day) => 900 + 5 * day);
const { median, dates } = await suite.forecaster.predict(values, { startDate: new Date('2026-01-05') });
const refused = await suite.forecaster.predict([1, 2, 3]).catch((error: unknown) => error instanceof InputError && error.code);
const webgl = suite.backends().find(({ name }) => name === 'webgl');
console.log(JSON.stringify({ median, dates, refused, backend: session.backend, webgl }));
await suite.dispose();
console.log(JSON.stringify(suite.memory()));
"""
MASTER = """
import { createSuite } from 'tunesmith';

const suite = await createSuite({ baseUrl: '/models/' });
const beat = Float32Array.from({ length: 96_000 }, (_, i) => 0.3 * Math.sin(i / 20) * Math.exp(-(i % 12_000) / 4000));
const { outcome, after, audio } = await suite.mastering.master({ channels: [beat], sampleRate: 48_000 }, { target: 'streaming' });
console.log(JSON.stringify({ outcome, integrated: after.integrated, length: audio.channels[0]!.length }));
await suite.dispose();
"""
PAGE_HTML = '<!doctype html><html lang="en"><meta charset="utf-8"><title>app</title><script type="module" src="/{name}.ts"></script></html>'
CONFIG = """
export default { build: { target: 'es2022', rollupOptions: { input: ['forecast.html', 'master.html', 'readme.html'] } }, logLevel: 'warn' };
"""
TYPES = {
    "compilerOptions": {
        **{"target": "ES2022", "module": "ESNext", "moduleResolution": "bundler", "moduleDetection": "force", "noEmit": True},
        **{"lib": ["ES2022", "DOM"], "types": [], "strict": True, "skipLibCheck": True},
    }
}


def run(*command, cwd):
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def example():
    found = EXAMPLE.search((ROOT / "README.md").read_text(encoding="utf-8"))
    assert found, "README.md: expected a ```ts block after a line `<!-- example -->`, to run it as a test"
    return found[1]


@pytest.fixture(scope="module")
def app(tmp_path_factory, example):
    """A Vite app in a folder of its own, with the packed package installed and built."""
    folder = tmp_path_factory.mktemp("app")
    tarball = run("npm", "pack", "--silent", "--pack-destination", folder, cwd=ROOT / "web_runtime").strip().splitlines()[-1]
    package = {"name": "app", "private": True, "type": "module", "dependencies": {"tunesmith": f"file:{tarball}"}}
    (folder / "package.json").write_text(json.dumps(package))
    (folder / "vite.config.js").write_text(CONFIG)
    (folder / "tsconfig.json").write_text(json.dumps(TYPES))
    for name, code in (("forecast", FORECAST), ("master", MASTER), ("readme", example)):
        (folder / f"{name}.ts").write_text(code, encoding="utf-8")
        (folder / f"{name}.html").write_text(PAGE_HTML.format(name=name))
    run("npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--omit=dev", "--loglevel=error", cwd=folder)
    run("node", ROOT / "node_modules" / "vite" / "bin" / "vite.js", "build", cwd=folder)
    return folder


def visit(browser, app, name):
    """Open a built page and return what it logs, until two lines or an error came."""
    with Site({"/models/": MODELS, "/": app / "dist"}) as site, browser.browser.new_context() as context:
        page = context.new_page()
        logged, errors = [], []
        page.on("console", lambda message: (errors if message.type == "error" else logged).append(message))
        page.on("pageerror", lambda error: errors.append(error))
        page.goto(f"{site.url}/{name}.html")
        for _ in range(300):
            if logged or errors:
                break
            page.wait_for_timeout(100)
        page.wait_for_timeout(500)
        lines = [[argument.json_value() for argument in message.args] for message in logged]
        return lines, [getattr(error, "text", str(error)) for error in errors], list(site.requests)


def test_the_installed_package_forecasts_under_a_strict_policy(app, browser):
    lines, errors, requests = visit(browser, app, "forecast")
    assert errors == []
    answer = json.loads(lines[0][0])
    assert len(answer["median"]) == 7 and all(abs(value - 1140) < 300 for value in answer["median"])
    assert answer["dates"][0] == "2026-02-19"
    assert answer["refused"] == "input"
    assert answer["backend"] in ("wasm", "cpu")
    assert answer["webgl"]["state"] == "failed" and "software" in answer["webgl"]["reason"]
    assert json.loads(lines[1][0])["numTensors"] == 0
    assert any(path.endswith(".wasm") for path in requests)


def test_the_installed_package_masters_in_a_worker_under_a_strict_policy(app, browser):
    lines, errors, requests = visit(browser, app, "master")
    assert errors == []
    answer = json.loads(lines[0][0])
    assert (answer["outcome"], answer["length"]) == ("reached", 96_000)
    assert abs(answer["integrated"] + 14) < 0.2
    assert any("worker" in path for path in requests)


def test_the_readmes_example_runs_as_written(app, browser):
    lines, errors, _ = visit(browser, app, "readme")
    assert errors == []
    dates, median, lower, upper, trend = lines[0]
    assert [len(part) for part in (dates, median, lower, upper)] == [7, 7, 7, 7]
    assert trend in ("rising", "steady", "falling")


def test_the_readmes_example_and_the_app_keep_the_packages_types(app):
    run("node", ROOT / "node_modules" / "typescript" / "bin" / "tsc", "-p", app, cwd=app)


def test_the_tests_page_keeps_the_packages_types():
    run("node", ROOT / "node_modules" / "typescript" / "bin" / "tsc", "-p", PAGE, cwd=ROOT)


def test_the_package_holds_what_a_product_needs_and_nothing_else(app):
    installed = app / "node_modules" / "tunesmith"
    names = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}
    needed = (
        "index.js",
        "worker.js",
        "standalone/worker.js",
        "types/index.d.ts",
        "tfjs-backend-wasm.wasm",
        "tfjs-backend-wasm-simd.wasm",
        "standalone/index.js",
    )
    assert {"package.json", *(f"dist/{name}" for name in needed)} <= names
    assert not [name for name in names if name.startswith(("src/", "test/", "assembly/", "scripts/"))]


def test_the_app_holds_one_copy_of_tfjs(app):
    assert len(list(app.rglob("node_modules/@tensorflow/tfjs-core/package.json"))) == 1
