/**
 * Builds dist/: the ESM package with tfjs left external (so that a product shares its own copy), its types, a standalone bundle for
 * pages without a bundler, the worker's script and the wasm binaries beside both. Prints what each costs over the wire.
 */

import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';

const require = createRequire(import.meta.url);
const PACKAGE = dirname(dirname(fileURLToPath(import.meta.url)));
const DIST = join(PACKAGE, 'dist');
const STANDALONE = join(DIST, 'standalone');
const BINARIES = ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm'];
const TFJS = /node_modules\/(@tensorflow|long|seedrandom|@noble)\//;

const common = {
  absWorkingDir: PACKAGE,
  entryPoints: { index: 'src/index.ts', audio: 'src/audio/index.ts' },
  bundle: true,
  format: 'esm',
  splitting: true,
  target: 'es2022',
  chunkNames: '[name]-[hash]',
  metafile: true,
  logLevel: 'warning',
};

/** tfjs without its optimizers, without the ops that no exported graph holds, and without the threaded binary's glue that is never used. */
const trimTfjs = {
  name: 'trim-tfjs',
  setup({ onResolve, onLoad }) {
    const resolveDir = join(dirname(require.resolve('@tensorflow/tfjs-core/package.json')), 'dist');
    const contents = "import './base_side_effects.js'; export * from './base.js';";
    onResolve({ filter: /^@tensorflow\/tfjs-core\/dist\/ops\/ops_for_converter$/ }, () => ({
      path: join(PACKAGE, 'src/generated/ops.ts'),
    }));
    onResolve({ filter: /^@tensorflow\/tfjs-core$/ }, () => ({ path: 'core', namespace: 'trimmed' }));
    onLoad({ filter: /^core$/, namespace: 'trimmed' }, () => ({ contents, resolveDir }));
    onLoad({ filter: /tfjs-backend-wasm-threaded-simd(\.worker)?\.js$/ }, () => ({ contents: 'export const wasmWorkerContents = "";' }));
  },
};

function size(bytes) {
  return `${(bytes / 1024).toFixed(1)} KB`;
}

/** Compressed sizes of the files that a page loads for one backend, and the share of them that is tfjs and what it needs, by bytes. */
async function report({ outputs }) {
  const reach = (file, seen = new Set()) => {
    if (seen.has(file)) return seen;
    seen.add(file);
    for (const { path, kind, external } of outputs[file].imports) if (!external && kind === 'import-statement') reach(path, seen);
    return seen;
  };
  const names = Object.keys(outputs);
  const outputOf = (source) => names.find((file) => outputs[file].entryPoint === source);
  const base = [...reach(outputOf('src/index.ts')), ...reach(outputOf('src/suite.ts'))];
  for (const backend of ['cpu', 'wasm', 'webgl']) {
    const files = new Set([...base, ...reach(outputOf(`src/backends/${backend}.ts`))]);
    let zipped = 0;
    let all = 0;
    let tfjs = 0;
    for (const file of files) {
      zipped += gzipSync(await readFile(join(PACKAGE, file)), { level: 9 }).length;
      for (const [input, { bytesInOutput }] of Object.entries(outputs[file].inputs)) {
        all += bytesInOutput;
        if (TFJS.test(input)) tfjs += bytesInOutput;
      }
    }
    console.log(
      `standalone, ${backend.padEnd(5)} ${size(zipped).padStart(9)} gzip, ${Math.round((100 * tfjs) / all)} % of it tfjs`,
    );
  }
}

await rm(DIST, { recursive: true, force: true });
await mkdir(STANDALONE, { recursive: true });
/** The worker is one file of its own: nothing of it is shared with the page. */
const worker = { ...common, entryPoints: { worker: 'src/worker/worker.ts' }, splitting: false };
const entries = { ...common.entryPoints, ops: 'src/generated/ops.ts' };
const external = await build({ ...common, entryPoints: entries, outdir: 'dist', packages: 'external' });
const standalone = await build({ ...common, outdir: 'dist/standalone', minify: true, plugins: [trimTfjs] });
await build({ ...worker, outdir: 'dist', packages: 'external' });
await build({ ...worker, outdir: 'dist/standalone', minify: true });
execFileSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'], { cwd: PACKAGE, stdio: 'inherit' });

const wasm = join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist');
for (const binary of BINARIES) for (const folder of [DIST, STANDALONE]) await copyFile(join(wasm, binary), join(folder, binary));

const own = await Promise.all(
  Object.keys(external.metafile.outputs).map(async (file) => gzipSync(await readFile(join(PACKAGE, file)), { level: 9 }).length),
);
console.log(`package, our own code ${size(own.reduce((sum, bytes) => sum + bytes, 0))} gzip (tfjs is the product's copy)`);
await report(standalone.metafile);
const simd = gzipSync(await readFile(join(DIST, BINARIES[1])), { level: 9 }).length;
console.log(`tfjs wasm binary (SIMD) ${size(simd)} gzip, loaded by the wasm backend only`);
