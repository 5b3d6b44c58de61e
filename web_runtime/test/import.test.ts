import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { build } from 'esbuild';
import { expect, it } from 'vitest';

it('imports in plain Node without a DOM and without tfjs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tunesmith-'));
  try {
    const outfile = join(folder, 'index.mjs');
    const { metafile } = await build({
      entryPoints: ['src/index.ts'],
      bundle: true,
      format: 'esm',
      outfile,
      external: ['./suite.js'],
      metafile: true,
    });
    expect(Object.keys(metafile.inputs).sort()).toEqual(['src/errors.ts', 'src/index.ts']);
    const url = JSON.stringify(pathToFileURL(outfile).href);
    const program = `const { createSuite } = await import(${url}); console.log(typeof window, typeof createSuite);`;
    expect(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }).trim()).toBe('undefined function');
  } finally {
    await rm(folder, { recursive: true });
  }
});
