import { createHash } from 'node:crypto';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { FileError, IntegrityError } from '../src/errors.js';
import { fetchModelFiles, type Progress, sha256 } from '../src/files.js';
import type { ModelManifest } from '../src/generated/manifest.js';

const graph = new TextEncoder().encode('{"format":"graph-model"}');
const weights = Uint8Array.from({ length: 5000 }, (_, index) => index % 251);

function file(path: string, role: 'graph' | 'weights' | 'data', bytes: Uint8Array): ModelManifest['files'][number] {
  return { path, role, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

const model = { files: [file('m.json', 'graph', graph), file('m.bin', 'weights', weights)] } as unknown as ModelManifest;

function serving(contents: Record<string, Uint8Array>): typeof fetch {
  return (input) => {
    const content = contents[String(input)];
    return Promise.resolve(content === undefined ? new Response(null, { status: 404 }) : new Response(Uint8Array.from(content)));
  };
}

describe('files', () => {
  it('hashes alike with Web Crypto and without it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const copy = Uint8Array.from(bytes);
        const expected = createHash('sha256').update(copy).digest('hex');
        expect(await sha256(copy)).toBe(expected);
        expect(await sha256(copy, undefined)).toBe(expected);
      }),
    );
  });

  it('fetches all files and tells how far it is', async () => {
    const seen: Progress[] = [];
    const files = await fetchModelFiles('tiny', model, '/m/', serving({ '/m/m.json': graph, '/m/m.bin': weights }), (progress) =>
      seen.push(progress),
    );
    expect(files).toEqual({ graph, weights, data: new Uint8Array() });
    expect(seen.at(-1)).toEqual({ model: 'tiny', loaded: graph.length + weights.length, total: graph.length + weights.length });
  });

  it('fetches what preprocessing reads with the model', async () => {
    const data = new TextEncoder().encode('{}');
    const withData = { files: [...model.files, file('d.json', 'data', data)] } as unknown as ModelManifest;
    const contents = { 'm.json': graph, 'm.bin': weights, 'd.json': data };
    expect(await fetchModelFiles('tiny', withData, '', serving(contents))).toEqual({ graph, weights, data });
    const failure = fetchModelFiles('tiny', withData, '', serving({ ...contents, 'd.json': graph }));
    await expect(failure).rejects.toThrow(IntegrityError);
  });

  it('finds any flipped bit', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: weights.length - 1 }), fc.nat({ max: 7 }), async (at, bit) => {
        const flipped = Uint8Array.from(weights);
        flipped[at]! ^= 1 << bit;
        await expect(fetchModelFiles('tiny', model, '', serving({ 'm.json': graph, 'm.bin': flipped }))).rejects.toThrow(IntegrityError);
      }),
      { numRuns: 25 },
    );
  });

  it('tells a truncated file by its length', async () => {
    const failure = fetchModelFiles('tiny', model, '', serving({ 'm.json': graph, 'm.bin': weights.slice(1) }));
    await expect(failure).rejects.toThrow('tiny: m.bin has 4999 bytes, expected 5000');
  });

  it('names a missing file', async () => {
    const failure = fetchModelFiles('tiny', model, '/models/', serving({ '/models/m.json': graph }));
    await expect(failure).rejects.toThrow(FileError);
    await expect(failure).rejects.toThrow('tiny: /models/m.bin could not be fetched (HTTP 404)');
  });
});
