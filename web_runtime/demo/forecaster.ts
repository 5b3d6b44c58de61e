/** The forecast card: a series in, a chart out: network, smoothing and their blend with its interval, a week or a month ahead. */

import 'uplot/dist/uPlot.min.css';

import type { Forecast, Suite } from 'tunesmith';
import uPlot from 'uplot';

import { colour, element } from './dom.js';

const DAY = 86_400;
const SHOWN = 60;
const WEEK = [0.92, 0.9, 0.94, 1, 1.12, 1.18, 0.98];

/** Made-up daily series: a level, a trend, a weekly shape and a little noise that is the same every time. */
const EXAMPLES: Record<string, (day: number) => number> = {
  'A steady catalogue track': (day) => 12_000 * WEEK[day % 7]! * (1 + 0.02 * Math.sin(day * 2.3)),
  'A release that takes off': (day) => 2_000 * Math.exp(day / 28) * WEEK[day % 7]! * (1 + 0.04 * Math.sin(day * 1.7)),
  'A hit that fades': (day) => 90_000 * Math.exp(-day / 40) * WEEK[day % 7]! * (1 + 0.03 * Math.sin(day * 3.1)),
};

/** Fills the card and forecasts on every change. */
export async function showForecaster(suite: Suite): Promise<void> {
  const example = element<HTMLSelectElement>('example');
  const series = element<HTMLTextAreaElement>('series');
  const start = element<HTMLInputElement>('start');
  example.append(...Object.keys(EXAMPLES).map((name) => new Option(name)));
  start.value = '2026-01-05';
  const fill = (): void => {
    series.value = Array.from({ length: SHOWN }, (_, day) => Math.round(EXAMPLES[example.value]!(day))).join(' ');
  };
  const update = (): Promise<void> => forecast(suite, valuesOf(series.value), start.value);
  example.addEventListener('change', () => (fill(), void update()));
  for (const input of [series, start, element('horizon')]) input.addEventListener('input', () => void update());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => void update());
  fill();
  await update();
}

/** Numbers, a dash for a day that is missing. */
function valuesOf(text: string): (number | null)[] {
  return text
    .split(/[\s,;]+/)
    .filter((word) => word !== '')
    .map((word) => (word === '-' ? null : Number(word)));
}

async function forecast(suite: Suite, values: (number | null)[], startDate: string): Promise<void> {
  const answer = element('forecast-answer');
  try {
    const begin = performance.now();
    const horizon = Number(element<HTMLSelectElement>('horizon').value);
    const result = await suite.forecaster.predict(values, startDate === '' ? { horizon } : { startDate, horizon });
    const ms = performance.now() - begin;
    const total = result.median.reduce((sum, value) => sum + value, 0);
    answer.className = result.trend;
    const expected = Math.round(total).toLocaleString('en');
    const filled = result.filled.length === 0 ? '' : `, ${result.filled.length} missing days filled`;
    answer.textContent = `${result.trend}: ${expected} expected in the next ${result.horizon} days (${ms.toFixed(1)} ms${filled})`;
    draw(values.slice(-SHOWN), result, startDate === '' ? null : Date.parse(startDate) / 1000 + Math.max(0, values.length - SHOWN) * DAY);
  } catch (error) {
    answer.className = 'error';
    answer.textContent = (error as Error).message;
  }
}

function draw(history: (number | null)[], { median, lower, upper, lstm, smoothing }: Forecast, start: number | null): void {
  const target = element('chart');
  const last = history.at(-1) ?? null;
  const gap = (length: number): null[] => Array<null>(length).fill(null);
  // The forecast starts at the last known value, so that the lines meet.
  const ahead = (values: number[]): (number | null)[] => [...gap(history.length - 1), last, ...values];
  const days = Array.from({ length: history.length + median.length }, (_, day) => (start === null ? day + 1 : start + day * DAY));
  const axis = { stroke: colour('faint'), grid: { stroke: colour('line'), width: 1 }, ticks: { stroke: colour('line') } };
  target.replaceChildren();
  new uPlot(
    {
      width: target.clientWidth,
      height: 320,
      legend: { live: false },
      scales: { x: { time: start !== null } },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
      axes: [axis, { ...axis, size: 70 }],
      series: [
        {},
        { label: 'history', stroke: colour('history'), width: 2 },
        { label: 'upper', stroke: 'transparent' },
        { label: 'lower', stroke: 'transparent' },
        { label: 'network', stroke: colour('network'), width: 1.5, dash: [6, 4] },
        { label: 'smoothing', stroke: colour('smoothing'), width: 1.5, dash: [2, 3] },
        { label: 'forecast', stroke: colour('accent'), width: 2.5 },
      ],
      bands: [{ series: [2, 3], fill: colour('band') }],
    },
    [
      days,
      [...history, ...gap(median.length)],
      ahead(upper),
      ahead(lower),
      ahead(lstm.median),
      ahead(smoothing.damped.median),
      ahead(median),
    ],
    target,
  );
}
