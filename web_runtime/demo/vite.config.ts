/** Builds and serves the demo as a product would: against the built package, under the strict policy that the page states. */

import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  resolve: { alias: { '@tensorflow/tfjs-core/dist/ops/ops_for_converter': 'tunesmith/ops' } },
  publicDir: '../../dist',
  // A data: URL would need a looser policy than the page has.
  build: { outDir: '../../build/demo', emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: 'es2022' },
});
