/** The churn card: a slider per feature of the manifest, and the probability as they move. */

import type { Customer, Suite } from 'tunesmith';

import { element } from './dom.js';

/** Fills the card and judges on every change. */
export async function showChurn(suite: Suite): Promise<void> {
  const { features, golden, thresholds } = suite.manifest.models['churn']!;
  const customer = element<HTMLSelectElement>('customer');
  const sliders = new Map<string, HTMLInputElement>();
  for (const feature of features) {
    const slider = document.createElement('input');
    const value = document.createElement('output');
    const label = document.createElement('label');
    Object.assign(slider, { type: 'range', id: feature.name, min: feature.minimum, max: feature.maximum });
    slider.step = String(feature.kind === 'number' ? (feature.maximum - feature.minimum) / 200 : 1);
    slider.addEventListener('input', () => void update());
    label.htmlFor = feature.name;
    label.textContent = feature.name.replaceAll('_', ' ');
    label.title = `${feature.description} (${feature.unit})`;
    const row = document.createElement('div');
    row.className = 'feature';
    row.append(label, slider, value);
    element('features').append(row);
    sliders.set(feature.name, slider);
  }

  const update = async (): Promise<void> => {
    const values: Customer = Object.fromEntries(Array.from(sliders, ([name, slider]) => [name, Number(slider.value)]));
    for (const slider of sliders.values())
      slider.nextElementSibling!.textContent = Number(slider.value).toLocaleString('en', { maximumFractionDigits: 1 });
    const { probability, churned, risk } = await suite.churn.predict(values);
    const [number, words] = element('gauge').children as unknown as [HTMLElement, HTMLElement];
    number.textContent = `${(100 * probability).toFixed(1)} %`;
    number.className = risk;
    words.textContent = `${risk} risk, ${churned ? 'likely to leave' : 'likely to stay'}`;
    Object.assign(element<HTMLMeterElement>('meter'), {
      low: thresholds['medium'],
      high: thresholds['high'],
      optimum: 0,
      value: probability,
    });
  };

  const { data, shape } = golden.inputs['features_raw']!;
  customer.append(...Array.from({ length: shape[0]! }, (_, row) => new Option(`Example ${row + 1}`, String(row))));
  customer.selectedIndex = shape[0]! >> 1;
  const fill = (): void => {
    const row = Number(customer.value);
    features.forEach(({ name }, column) => (sliders.get(name)!.value = String(data[row * features.length + column])));
  };
  customer.addEventListener('change', () => (fill(), void update()));
  fill();
  await update();
}
