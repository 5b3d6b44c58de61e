/**
 * Writes src/generated: manifest types from the JSON Schema, the index of facades from src/models and src/packs, the SIMD modules as bytes,
 * the constants of resampler and rhythm, and per backend the kernels that the graphs in dist/models really call. Adding a model or pack therefore means adding its module, no more.
 */

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import asc from 'assemblyscript/asc';
import { compileFromFile } from 'json-schema-to-typescript';

import { kernelModules } from './kernels.mjs';

const PACKAGE = dirname(dirname(fileURLToPath(import.meta.url)));
const GENERATED = join(PACKAGE, 'src/generated');
const MODELS = process.env.TUNESMITH_MODELS ?? join(PACKAGE, '../dist/models');
const HEADER = '/** Written by `npm run generate`; do not edit. */\n\n';

async function write(name, content) {
  await mkdir(GENERATED, { recursive: true });
  await writeFile(join(GENERATED, name), HEADER + content);
}

async function manifestTypes() {
  const schema = join(PACKAGE, '../export/manifest.schema.json');
  await write('manifest.ts', await compileFromFile(schema, { bannerComment: '', style: { singleQuote: true, printWidth: 140 } }));
}

/** Names of the modules of src/models or src/packs, each of which exports a facade of its own name. */
async function facadesIn(folder) {
  const path = join(PACKAGE, 'src', folder);
  const files = existsSync(path) ? await readdir(path) : [];
  return files
    .filter((file) => /^[a-z]\w*\.ts$/.test(file))
    .map((file) => file.slice(0, -3))
    .sort();
}

async function modelsIndex() {
  const names = { models: await facadesIn('models'), packs: await facadesIn('packs') };
  const lines = (line) => Object.entries(names).flatMap(([folder, each]) => each.map((name) => line(name, `../${folder}/${name}.js`)));
  const content = [
    ...lines((name, path) => `import { ${name} } from '${path}';`),
    '',
    ...lines((_, path) => `export type * from '${path}';`),
    '',
    '/** Facade of each model by its name. */',
    `export const models = { ${names.models.join(', ')} } as const;`,
    '/** Facade of each pack by its name. */',
    `export const packs = { ${names.packs.join(', ')} } as const;`,
    '',
    'type FacadesOf<Makers extends Readonly<Record<string, (handle: never) => unknown>>> = { readonly [Name in keyof Makers]: ReturnType<Makers[Name]> };',
    '',
    '/** What `suite.<name>` is. */',
    'export type Facades = FacadesOf<typeof models> & FacadesOf<typeof packs>;',
  ];
  await write('models.ts', `${content.join('\n')}\n`);
}

/** What the resampler's filter must do, which Python reads from the same file. */
async function resampler() {
  const design = await readFile(join(PACKAGE, '../datasets/resampler.json'), 'utf8');
  await write('resampler.ts', `/** Shares of the lower rate's Nyquist frequency, decibels, and what each phase's taps are a multiple of. */\nexport const RESAMPLER = ${design.trim()} as const;\n`);
}

/** Constants of the tempo analysis, which Python reads from the same file. */
async function rhythm() {
  const constants = await readFile(join(PACKAGE, '../datasets/rhythm.json'), 'utf8');
  await write('rhythm.ts', `/** Constants of the tempo analysis; \`datasets/tempo_periodicity.py\` describes them. */\nexport const RHYTHM = ${constants.trim()} as const;\n`);
}

/** A module of assembly/ compiled to WebAssembly, as base64 in `<name>_wasm.ts`. */
async function wasm(name) {
  const file = `${name}.ts`;
  const source = await readFile(join(PACKAGE, 'assembly', file), 'utf8');
  let binary;
  const { error, stderr } = await asc.main(
    [file, '-o', `${name}.wasm`, '-O3', '--converge', '--runtime', 'stub', '--noAssert', '--enable', 'simd'],
    {
      readFile: (path) => (path === file ? source : null),
      writeFile: (path, content) => void (path === `${name}.wasm` && (binary = content)),
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`assembly/${file} does not compile:\n${stderr.toString()}`);
  const constant = `${name.toUpperCase()}_WASM`;
  const text = Buffer.from(binary).toString('base64');
  await write(`${name}_wasm.ts`, `/** assembly/${file} compiled to WebAssembly, base64. */\nexport const ${constant} =\n  '${text}';\n`);
}

async function kernels() {
  if (!existsSync(join(MODELS, 'manifest.json'))) throw new Error(`no exported models in ${MODELS}: run \`make export\` first`);
  for (const [name, content] of Object.entries(await kernelModules(MODELS))) await write(`${name}.ts`, content);
}

try {
  await Promise.all([manifestTypes(), modelsIndex(), wasm('lstm'), wasm('fir'), wasm('peaks'), resampler(), rhythm()]);
  // Unit tests run before any export, too.
  if (!process.argv.includes('--without-kernels')) await kernels();
} catch (error) {
  console.error(`generate: ${error.message}`);
  process.exitCode = 1;
}
