/** The mastering card: a file in, numbers and spectra before and after, a WAV file out. */

import 'uplot/dist/uPlot.min.css';

import type { Master, Measurements, Suite } from 'tunesmith';
import { decodeAudio } from 'tunesmith/audio';
import uPlot from 'uplot';

import { colour, element } from './dom.js';

const LINES: readonly (readonly [string, (measured: Measurements) => number | null, string])[] = [
  ['Loudness', ({ integrated }) => integrated, 'LUFS'],
  ['Loudness range', ({ range }) => range, 'LU'],
  ['True peak', ({ truePeak }) => truePeak, 'dBTP'],
  ['Crest factor', ({ crestDb }) => crestDb, 'dB'],
];

/** Fills the card; a file is mastered when it is chosen or dropped, and again when the target changes. */
export function showMastering(suite: Suite): void {
  const target = element<HTMLSelectElement>('master-target');
  const genre = element<HTMLSelectElement>('master-genre');
  const input = element<HTMLInputElement>('master-file');
  const card = element('mastering');
  genre.append(new Option('any genre', ''), ...suite.mastering.genres().map((name) => new Option(name)));
  let file: File | null = null;
  let running: AbortController | null = null;

  const start = async (chosen: File | null | undefined): Promise<void> => {
    file = chosen ?? file;
    if (file === null) return;
    running?.abort();
    const cancel = (running = new AbortController());
    try {
      await master(suite, file, { target: target.value as 'streaming', genre: genre.value, signal: cancel.signal });
    } catch (error) {
      if (!cancel.signal.aborted) say((error as Error).message, 'error');
    }
  };

  input.addEventListener('change', () => void start(input.files?.[0]));
  for (const select of [target, genre]) select.addEventListener('change', () => void start(null));
  element('master-cancel').addEventListener('click', () => {
    running?.abort();
    say('Cancelled', '');
  });
  card.addEventListener('dragover', (event) => event.preventDefault());
  card.addEventListener('drop', (event) => {
    event.preventDefault();
    void start(event.dataTransfer?.files[0]);
  });
}

interface Wish {
  readonly target: 'streaming' | 'club' | 'broadcast';
  readonly genre: string;
  readonly signal: AbortSignal;
}

async function master(suite: Suite, file: File, { target, genre, signal }: Wish): Promise<void> {
  const progress = element<HTMLProgressElement>('master-progress');
  say(`Decoding ${file.name} …`, '');
  const audio = await decodeAudio(new Uint8Array(await file.arrayBuffer()));
  const begin = performance.now();
  const made = await suite.mastering.master(audio, {
    target,
    ...(genre === '' ? {} : { genre }),
    signal,
    onProgress: (done) => {
      progress.value = done;
      say(`Mastering: ${Math.round(100 * done)} %`, '');
    },
  });
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  say(made.note ?? `Mastered in ${seconds} s: ${made.effort.tried} settings tried`, made.outcome === 'reached' ? 'low' : 'medium');
  tell(made);
  draw(made);
  offer(made, file.name);
}

function say(text: string, kind: string): void {
  const answer = element('master-answer');
  answer.textContent = text;
  answer.className = kind;
}

function tell({ before, after, reduction }: Master): void {
  const figure = (value: number | null): string => (value === null ? '–' : value.toFixed(1));
  const rows = LINES.map(([name, read, unit]) => [name, figure(read(before)), figure(read(after)), unit]);
  rows.push(['Limiter, most', '', figure(reduction.limiter.largestDb), 'dB']);
  element('master-numbers').replaceChildren(
    ...rows.map((cells) => {
      const row = document.createElement('tr');
      row.append(...cells.map((text) => Object.assign(document.createElement('td'), { textContent: text })));
      return row;
    }),
  );
}

function draw({ before, after }: Master): void {
  const target = element('master-chart');
  const axis = { stroke: colour('faint'), grid: { stroke: colour('line'), width: 1 }, ticks: { stroke: colour('line') } };
  target.replaceChildren();
  new uPlot(
    {
      width: target.clientWidth,
      height: 220,
      legend: { show: false },
      scales: { x: { time: false, distr: 3 } },
      axes: [axis, { ...axis, size: 60 }],
      series: [{}, { label: 'before', stroke: colour('history'), width: 2 }, { label: 'after', stroke: colour('accent'), width: 2.5 }],
    },
    [[...after.spectrum.frequencies], [...before.spectrum.levelsDb], [...after.spectrum.levelsDb]],
    target,
  );
}

let address = '';

function offer({ wav }: Master, name: string): void {
  URL.revokeObjectURL(address);
  address = URL.createObjectURL(new Blob([wav], { type: 'audio/wav' }));
  const link = element<HTMLAnchorElement>('master-download');
  link.href = address;
  link.download = `${name.replace(/\.[^.]*$/, '')}, mastered.wav`;
  link.hidden = false;
}
