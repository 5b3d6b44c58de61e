/** The demo: one page that runs the suite in the browser and says what it costs. */

import { createSuite, type Suite } from 'tunesmith';

import { showChurn } from './churn.js';
import { showContent } from './content.js';
import { element } from './dom.js';
import { showForecaster } from './forecaster.js';
import { showMastering } from './mastering.js';
import { showMixing } from './mixing.js';

/** What a model costs on this machine, in a line. */
async function facts(suite: Suite, name: string): Promise<string> {
  const { backend, manifest, timings } = await suite.session(name);
  const kilobytes = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0) / 1024;
  return [
    `runs on ${backend}`,
    `${kilobytes.toFixed(0)} KB`,
    `loaded in ${timings.loadMs.toFixed(0)} ms`,
    `first run ${timings.firstMs.toFixed(1)} ms`,
    `self-test error ${timings.selfTestError.toExponential(0)}`,
  ].join(' · ');
}

async function start(): Promise<void> {
  const status = element('status');
  try {
    const suite = await createSuite({
      baseUrl: './models/',
      onProgress: ({ model, loaded, total }) => (status.textContent = `Loading ${model}: ${Math.round((100 * loaded) / total)} %`),
    });
    showMastering(suite);
    await showForecaster(suite);
    element('forecast-facts').textContent = await facts(suite, 'forecaster');
    await showChurn(suite);
    element('churn-facts').textContent = await facts(suite, 'churn');
    showMixing(suite);
    await showContent(suite);
    const backends = suite.backends().map(({ name, state }) => `${name} ${state}`);
    status.title = suite
      .backends()
      .map(({ reason }) => reason ?? '')
      .join('\n')
      .trim();
    status.textContent = `${backends.join(' · ')} · models ${suite.manifest.suiteVersion}`;
  } catch (error) {
    status.textContent = (error as Error).message;
    status.className = 'error';
  }
}

void start();
