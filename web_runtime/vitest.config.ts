import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    // tfjs complains at length about backends that these tests take away on purpose.
    silent: 'passed-only',
    // tfjs' files are ES modules that Node takes for CommonJS; Vite reads them right.
    server: { deps: { inline: [/@tensorflow/] } },
  },
});
