import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ManifestError } from '../src/errors.js';
import { fetchManifest, modelManifest, packManifest, parseManifest } from '../src/manifest.js';
import { tinyManifest } from './tiny.js';

const text = JSON.stringify(tinyManifest);

describe('manifest', () => {
  it('reads what export writes', () => {
    expect(parseManifest(text)).toEqual(tinyManifest);
  });

  it('refuses any truncation', () => {
    fc.assert(
      fc.property(fc.nat({ max: text.length - 1 }), (length) => {
        expect(() => parseManifest(text.slice(0, length))).toThrow(ManifestError);
      }),
    );
  });

  it.each([
    [{ ...tinyManifest, schemaVersion: 2 }, 'expected schemaVersion 1, got 2'],
    [{ schemaVersion: 1 }, 'expected an object "models"'],
    [[], 'expected a JSON object'],
    [
      { ...tinyManifest, models: { tiny: { ...tinyManifest.models['tiny'], files: [] } } },
      'expected model "tiny" with a file of role "graph"',
    ],
    [
      { ...tinyManifest, models: { tiny: { ...tinyManifest.models['tiny'], outputs: [{ name: 'y' }] } } },
      'expected model "tiny" with outputs',
    ],
    [{ ...tinyManifest, models: { tiny: { ...tinyManifest.models['tiny'], golden: {} } } }, 'expected model "tiny" with a golden pair'],
    [{ ...tinyManifest, packs: undefined }, 'expected an object "packs"'],
    [{ ...tinyManifest, packs: { three: { ...tinyManifest.packs['three'], files: [] } } }, 'expected pack "three" with a file of role "data"'],
  ])('says what is wrong, case %#', (manifest, message) => {
    expect(() => parseManifest(JSON.stringify(manifest))).toThrow(message);
  });

  it('names the models and packs there are where one is asked for that is not', () => {
    expect(() => modelManifest(parseManifest(text), 'constructor')).toThrow('the manifest holds no model "constructor"; it has tiny');
    expect(() => packManifest(parseManifest(text), 'tiny')).toThrow('the manifest holds no pack "tiny"; it has three');
  });

  it('says where it looked and what to do where there is none', async () => {
    const failure = fetchManifest('/models/', () => Promise.resolve(new Response(null, { status: 404 })));
    await expect(failure).rejects.toThrow(
      '/models/manifest.json could not be fetched (HTTP 404); serve the folder that `make export` writes',
    );
  });
});
