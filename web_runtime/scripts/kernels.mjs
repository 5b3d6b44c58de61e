/**
 * Finds the kernels that exported graphs call, by running each graph once on its golden input with all kernels of tfjs at hand, and
 * writes per backend a module that imports just these. Running beats reading: it sees what ops the converter maps to which kernels.
 */

import { existsSync, readFileSync } from 'node:fs';
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

/** TypeScript module per backend, listing the kernels that the models in a folder need. */
export async function kernelModules(folder) {
  const { called, own } = await trace(folder);
  return Object.fromEntries(BACKENDS.map((backend) => [backend, moduleOf(backend, [...called].sort(), [...own].sort())]));
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
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
  for (const [name, model] of Object.entries(manifest.models)) {
    for (const kernel of await kernelsOf(tf, converter, folder, name, model)) called.add(kernel);
  }
  return { called, own };
}

async function kernelsOf(tf, converter, folder, name, model) {
  const read = async (role) => Buffer.concat(await Promise.all(model.files.filter((file) => file.role === role).map(({ path }) => readFile(join(folder, path)))));
  const weights = await read('weights');
  const json = JSON.parse((await read('graph')).toString('utf8'));
  try {
    const graph = converter.loadGraphModelSync([json, weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.length)]);
    const feed = Object.fromEntries(model.inputs.map(({ name: input, node, dtype }) => [node, tf.tensor(model.golden.inputs[input].data, model.golden.inputs[input].shape, dtype)]));
    const { kernels } = await tf.profile(() => graph.execute(feed, model.outputs.map(({ node }) => node)));
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

/** Where tfjs keeps a kernel: in a file of its name. */
function configOf(backend, kernel) {
  const root = dirname(require.resolve(`@tensorflow/tfjs-backend-${backend}/package.json`));
  const file = join(root, 'dist/kernels', `${kernel}.js`);
  const path = `@tensorflow/tfjs-backend-${backend}/dist/kernels/${kernel}.js`;
  if (!existsSync(file)) throw new Error(`no kernel on ${backend} covers ${kernel}: express the op by others in the model's graph, or add a kernel of our own`);
  const name = /export const (\w+Config)\b/.exec(readFileSync(file, 'utf8'))?.[1];
  if (name === undefined) throw new Error(`${path} exports no kernel configuration`);
  return { name, path };
}
