/**
 * Finds the kernels that exported graphs call, by running each graph once on its golden input with all kernels of tfjs at hand, and
 * writes per backend a module that imports just these, and one with just the ops from which the converter calls them. Running beats
 * reading: it sees which ops the converter maps to which kernels.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const BACKENDS = ['cpu', 'wasm', 'webgl'];

/** Kernels that the runtime calls itself, whatever the graphs hold. */
const ALWAYS = ['Cast', 'Identity', 'Reshape'];

/** Ops that tfjs lacks and this package brings: their folder in src, and the shape of the one output that a trial run needs. */
const OWN_OPS = {
  BlockLSTMV2: { folder: 'lstm', output: 6, shape: ([, x, , , , , , , b]) => [x.shape[0], x.shape[1], b.shape[0] / 4] },
};

/** TypeScript modules by name: per backend the kernels that the models in a folder need, and the converter's ops. */
export async function kernelModules(folder) {
  const { called, own, ops } = await trace(folder);
  const modules = BACKENDS.map((backend) => [`kernels_${backend}`, moduleOf(backend, [...called].sort(), [...own].sort())]);
  return Object.fromEntries([...modules, ['ops', opsModule(ops)]]);
}

async function trace(folder) {
  process.env.TF_CPP_MIN_LOG_LEVEL = '2';
  const tf = require('@tensorflow/tfjs-core');
  const converter = require('@tensorflow/tfjs-converter');
  require('@tensorflow/tfjs-backend-cpu');
  tf.enableProdMode();
  await tf.setBackend('cpu');
  const own = new Set();
  for (const [op, { output, shape }] of Object.entries(OWN_OPS)) {
    converter.registerOp(op, ({ inputs }) => {
      own.add(op);
      const outputs = [];
      outputs[output] = tf.tensor(new Float32Array(tf.util.sizeFromShape(shape(inputs))), shape(inputs));
      return outputs;
    });
  }
  const called = new Set(ALWAYS);
  const ops = new Set();
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
  for (const [name, model] of Object.entries(manifest.models)) {
    const graph = await readGraph(folder, model);
    for (const { op } of graph.json.modelTopology.node) ops.add(op);
    for (const kernel of await kernelsOf(tf, converter, name, model, graph)) called.add(kernel);
  }
  return { called, own, ops };
}

async function readGraph(folder, model) {
  const read = async (role) =>
    Buffer.concat(await Promise.all(model.files.filter((file) => file.role === role).map(({ path }) => readFile(join(folder, path)))));
  return { json: JSON.parse((await read('graph')).toString('utf8')), weights: Uint8Array.from(await read('weights')).buffer };
}

async function kernelsOf(tf, converter, name, model, { json, weights }) {
  try {
    const graph = converter.loadGraphModelSync([json, weights]);
    const feed = Object.fromEntries(
      model.inputs.map(({ name: input, node, dtype }) => [
        node,
        tf.tensor(filled(model.golden.inputs[input]), model.golden.inputs[input].shape, dtype),
      ]),
    );
    const { kernels } = await tf.profile(() =>
      graph.execute(
        feed,
        model.outputs.map(({ node }) => node),
      ),
    );
    // Ops that only wrap a kernel for its gradient are recorded too, under their scope's name.
    return kernels.map((kernel) => kernel.name).filter((kernel) => tf.getKernel(kernel, 'cpu') !== undefined);
  } catch (error) {
    throw new Error(`model "${name}" can't run in tfjs: ${error.message}`, { cause: error });
  }
}

function moduleOf(backend, kernels, ownOps) {
  const configs = kernels.map((kernel) => ({ kernel, ...configOf(backend, kernel) }));
  const lines = [
    "import type { KernelConfig } from '@tensorflow/tfjs-core';",
    ...configs.map(({ name, path }) => `import { ${name} } from '${path}';`),
    '',
    ...ownOps.map((op) => `import { kernel as ${OWN_OPS[op].folder} } from '../${OWN_OPS[op].folder}/${backend}.js';`),
    '',
    `/** Kernels that the exported graphs call on ${backend}. */`,
    'export const kernels: readonly KernelConfig[] = [',
    ...configs.map(({ name }) => `  ${name},`),
    ...ownOps.map((op) => `  ${OWN_OPS[op].folder},`),
    '];',
  ];
  return `${lines.join('\n')}\n`;
}

/** Stands in for tfjs' own list of all ops, by the alias that its custom builds use; the converter's metadata names each op's calls. */
function opsModule(graphOps) {
  const metadata = require('@tensorflow/tfjs-converter/metadata/kernel2op.json');
  const names = new Set([...graphOps].flatMap((op) => metadata[op] ?? []).map((call) => call.split('.')[0]));
  return `export { ${[...names].sort().join(', ')} } from '@tensorflow/tfjs-core/dist/ops/ops.js';\n`;
}

/** Where tfjs keeps a kernel: nearly always in a file of its name, else in the one whose configuration names it. */
function configOf(backend, kernel) {
  const folder = join(dirname(require.resolve(`@tensorflow/tfjs-backend-${backend}/package.json`)), 'dist/kernels');
  const named = new RegExp(`kernelName: ${kernel}\\b|Config\\(${kernel}\\b`);
  const files = readdirSync(folder).filter((file) => file.endsWith('.js'));
  const file =
    files.find((candidate) => candidate === `${kernel}.js`) ??
    files.find((candidate) => named.test(readFileSync(join(folder, candidate), 'utf8')));
  if (file === undefined) {
    throw new Error(`no kernel on ${backend} covers ${kernel}: express the op by others in the model's graph, or add a kernel of our own`);
  }
  const name = /export const (\w+Config)\b/.exec(readFileSync(join(folder, file), 'utf8'))?.[1];
  if (name === undefined) throw new Error(`${file} of tfjs-backend-${backend} exports no kernel configuration`);
  return { name, path: `@tensorflow/tfjs-backend-${backend}/dist/kernels/${file}` };
}

/** A golden input's values, which the manifest gives once where they repeat. */
function filled({ shape, data }) {
  return Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, index) => data[index % data.length]);
}
