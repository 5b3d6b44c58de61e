/** The mixing card: stems in, what was done to each and the mix out. */

import type { Mix, Role, Suite } from 'tunesmith';
import { type AudioInput, decodeAudio, encodeWav } from 'tunesmith/audio';

import { element } from './dom.js';

const RATE = 44_100;
const SECONDS = 8;
const BEAT = RATE / 2;

/** Made-up stems at levels that nobody would want. */
const EXAMPLE: readonly { readonly name: string; readonly role: Role; readonly sample: (at: number) => number }[] = [
  { name: 'kick and hat', role: 'drums', sample: (at) => 0.05 * (kick(at % BEAT) + hat(at % (BEAT / 2))) },
  { name: 'bass line', role: 'bass', sample: (at) => 0.7 * Math.sin((2 * Math.PI * [55, 55, 65.4, 49][Math.floor(at / (4 * BEAT)) % 4]! * at) / RATE) },
  { name: 'lead', role: 'voice', sample: (at) => 0.02 * tone(at, [440, 523, 494, 392, 440, 349, 392, 330][Math.floor(at / BEAT) % 8]!) },
  { name: 'chords', role: 'keys', sample: (at) => 0.1 * (tone(at, 220) + tone(at, 261.6) + tone(at, 329.6)) },
];

/** Fills the card, and mixes when asked to. */
export function showMixing(suite: Suite): void {
  const files = element<HTMLInputElement>('stems');
  let running: AbortController | null = null;
  const run = async (stems: readonly AudioInput[], names: readonly string[], roles?: readonly Role[]): Promise<void> => {
    running?.abort();
    const controller = (running = new AbortController());
    const progress = element<HTMLProgressElement>('mix-progress');
    try {
      const begin = performance.now();
      const mix = await suite.mixing.balance(stems, { roles, signal: controller.signal, onProgress: (done) => (progress.value = done) });
      show(mix, names, performance.now() - begin);
    } catch (error) {
      if (!controller.signal.aborted) tell((error as Error).message, 'error');
    }
  };
  element('mix-example').addEventListener('click', () => {
    const stems = EXAMPLE.map(({ sample }) => ({ channels: [Float32Array.from({ length: RATE * SECONDS }, (_, at) => sample(at))], sampleRate: RATE }));
    void run(stems, EXAMPLE.map(({ name }) => name), EXAMPLE.map(({ role }) => role));
  });
  files.addEventListener('change', async () => {
    const chosen = Array.from(files.files ?? []);
    try {
      const stems = await Promise.all(chosen.map(async (file) => decodeAudio(await file.arrayBuffer())));
      await run(stems, chosen.map(({ name }) => name));
    } catch (error) {
      tell((error as Error).message, 'error');
    }
  });
}

function show({ mix, stems, loudness, objective }: Mix, names: readonly string[], milliseconds: number): void {
  const table = element<HTMLTableElement>('mix-stems');
  const rows = stems.map(({ role, gainDb, pan, highPassHz, eq, compressor, notes }, index) => [
    names[index]!,
    role,
    gainDb.toFixed(1),
    pan.toFixed(2),
    highPassHz === null ? '–' : `${highPassHz} Hz`,
    eq.map(({ gainDb: gain = 0 }) => gain.toFixed(1)).join(' '),
    compressor === null ? '–' : `${compressor.ratio.toFixed(1)} : 1`,
    notes.join(', '),
  ]);
  table.replaceChildren(...[['stem', 'role', 'gain dB', 'pan', 'high-pass', 'EQ dB', 'compressor', ''], ...rows].map(rowOf));
  const player = element<HTMLAudioElement>('mix-player');
  URL.revokeObjectURL(player.src);
  player.src = URL.createObjectURL(new Blob([encodeWav(mix)], { type: 'audio/wav' }));
  const level = `${loudness.integrated?.toFixed(1) ?? '–'} LUFS, ${loudness.truePeak?.toFixed(1) ?? '–'} dBTP`;
  const { before, after } = objective;
  tell(`${level}; objective ${before.total.toFixed(2)} → ${after.total.toFixed(2)}, masking ${before.masking.toFixed(2)} → ${after.masking.toFixed(2)} (${milliseconds.toFixed(0)} ms)`, '');
}

function tell(text: string, className: string): void {
  Object.assign(element('mix-answer'), { textContent: text, className });
}

function rowOf(cells: readonly string[], index: number): HTMLTableRowElement {
  const row = document.createElement('tr');
  row.append(...cells.map((text) => Object.assign(document.createElement(index === 0 ? 'th' : 'td'), { textContent: text })));
  return row;
}

function tone(at: number, frequency: number): number {
  const phase = (2 * Math.PI * frequency * at) / RATE;
  return Math.exp((-3 * (at % BEAT)) / RATE) * (Math.sin(phase) + 0.5 * Math.sin(2 * phase) + 0.25 * Math.sin(3 * phase));
}

function kick(at: number): number {
  return Math.exp((-25 * at) / RATE) * Math.sin(2 * Math.PI * (50 + 100 * Math.exp((-40 * at) / RATE)) * (at / RATE));
}

/** Noise without chance: the fraction of a fast sine. */
function hat(at: number): number {
  const noise = Math.sin(at * 12.9898) * 43_758.5453;
  return 0.3 * Math.exp((-80 * at) / RATE) * (2 * (noise - Math.floor(noise)) - 1);
}
