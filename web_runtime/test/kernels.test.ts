import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// @ts-expect-error: a build script in plain JavaScript
import { kernelModules } from '../scripts/kernels.mjs';
import { tinyFiles, tinyManifest } from './tiny.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunesmith-'));
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(tinyManifest));
  await writeFile(join(folder, 'tiny.bin'), tinyFiles['tiny.bin']!);
});

afterAll(() => rm(folder, { recursive: true }));

/** The modules for the tiny model with its one op replaced. */
async function modulesFor(op: string, attr: object = {}): Promise<Record<string, string>> {
  const graph = JSON.parse(new TextDecoder().decode(tinyFiles['tiny.json'])) as { modelTopology: { node: { name: string }[] } };
  Object.assign(graph.modelTopology.node.find(({ name }) => name === 'y')!, { op, attr });
  await writeFile(join(folder, 'tiny.json'), JSON.stringify(graph));
  return (await kernelModules(folder)) as Record<string, string>;
}

describe('generated kernel lists', () => {
  it('hold what the graph calls and what the runtime needs, no more', async () => {
    const modules = await modulesFor('Mul');
    for (const backend of ['cpu', 'wasm', 'webgl']) {
      const imported = [...modules[`kernels_${backend}`]!.matchAll(/dist\/kernels\/(\w+)\.js/g)].map((match) => match[1]);
      expect(imported).toEqual(['Cast', 'Identity', 'Multiply', 'Reshape']);
    }
    expect(modules['ops']).toContain('export { mul } from');
  });

  it('find a kernel that tfjs keeps in a file of another name', async () => {
    expect((await modulesFor('IsNan'))['kernels_cpu']).toContain('/dist/kernels/IsNaN.js');
  });

  it('name an op that one backend lacks, and the remedy', async () => {
    const equation = { equation: { s: Buffer.from('ij,->ij').toString('base64') } };
    await expect(modulesFor('Einsum', equation)).rejects.toThrow('no kernel on wasm covers Einsum: express the op by others');
  });

  it('name the model whose graph tfjs does not know', async () => {
    await expect(modulesFor('Fantasy')).rejects.toThrow(/^model "tiny" can't run in tfjs: .*Fantasy/);
  });
});
