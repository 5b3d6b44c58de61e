/** The smallest export: the model y = 2 x over two values and a pack of three bytes, with manifest, graph and weights as export would write them. */

import { createHash } from 'node:crypto';

import type { Manifest } from '../src/generated/manifest.js';

const attr = { T: { type: 'DT_FLOAT' } };
const graph = {
  format: 'graph-model',
  modelTopology: {
    versions: { producer: 1 },
    node: [
      { name: 'x', op: 'Placeholder', attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim: [{ size: '-1' }, { size: '2' }] } } } },
      { name: 'two', op: 'Const', attr: { dtype: { type: 'DT_FLOAT' }, value: { tensor: { dtype: 'DT_FLOAT', tensorShape: {} } } } },
      { name: 'y', op: 'Mul', input: ['x', 'two'], attr },
    ],
  },
  weightsManifest: [{ paths: ['tiny.bin'], weights: [{ name: 'two', shape: [], dtype: 'float32' }] }],
};

/** Bytes of each file by name. */
export const tinyFiles: Readonly<Record<string, Uint8Array>> = {
  'tiny.json': new TextEncoder().encode(JSON.stringify(graph)),
  'tiny.bin': new Uint8Array(Float32Array.of(2).buffer),
  'three.bin': Uint8Array.of(1, 2, 3),
};

const tensor = { shape: [2], dtype: 'float32', unit: '1', description: 'two values', comparison: 'absolute' } as const;

/** The manifest of these files. */
export const tinyManifest: Manifest = {
  schemaVersion: 1,
  suiteVersion: '0.0.0',
  models: {
    tiny: {
      version: '1.0.0',
      title: 'Tiny',
      summary: 'Doubles',
      method: 'predict',
      files: [file('tiny.json', 'graph'), file('tiny.bin', 'weights')],
      inputs: [{ name: 'x', node: 'x:0', ...tensor, shape: [2] }],
      outputs: [{ name: 'y', node: 'y:0', ...tensor, shape: [2] }],
      preprocessing: {},
      labels: [],
      thresholds: {},
      features: [],
      parameters: 1,
      quantization: { floatBytes: 4, bytes: 4, tensors: [] },
      quality: [],
      tolerance: { cpu: 1e-5, wasm: 1e-5, webgl: 1e-4, 'webgl-f16': 1e-2 },
      provenance: { data: [], revision: 'none', seed: 0, checkpoint: 'none' },
      licence: 'none',
      golden: { inputs: { x: { shape: [1, 2], data: [1, 2] } }, outputs: { y: { shape: [1, 2], data: [2, 4] } } },
    },
  },
  packs: {
    three: {
      version: '1.0.0',
      title: 'Three',
      summary: 'Three bytes',
      files: [file('three.bin', 'data')],
      constants: {},
      quality: [],
      provenance: { data: [], revision: 'none', seed: 0, checkpoint: 'none' },
      licence: 'none',
    },
  },
};

/** A fetch that serves the tiny model below `/models/`, each file as `edit` leaves it. */
export function tinyFetch(edit: (name: string, content: Uint8Array) => Uint8Array | null = (_, content) => content): typeof fetch {
  const contents: Record<string, Uint8Array> = { ...tinyFiles, 'manifest.json': new TextEncoder().encode(JSON.stringify(tinyManifest)) };
  return (input) => {
    const name = String(input).replace('/models/', '');
    const content = contents[name] === undefined ? null : edit(name, contents[name]);
    return Promise.resolve(content === null ? new Response(null, { status: 404 }) : new Response(Uint8Array.from(content)));
  };
}

function file(path: string, role: 'graph' | 'weights' | 'data'): Manifest['models'][string]['files'][number] {
  const bytes = tinyFiles[path]!;
  return { path, role, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
