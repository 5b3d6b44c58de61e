/**
 * Other libraries' ways to what the audio front end computes, timed in one page with it. They are here to be compared with and nowhere
 * else: essentia.js is under the AGPL, and needs `eval`, which is why this page has a policy of its own.
 */

import Essentia from 'essentia.js/dist/essentia.js-core.es.js';
import { EssentiaWASM } from 'essentia.js/dist/essentia-wasm.es.js';
import Meyda from 'meyda';
import MusicTempo from 'music-tempo';
import { createSuite, type Suite } from 'tunesmith';
import { melSpectrogram, mfcc, powerToDb, resample } from 'tunesmith/audio';

import { fromText, type TensorText } from './base64.js';
import { signal } from './made-up.js';

const RATE = 22_050;
const [FRAME, HOP, BANDS, COEFFICIENTS] = [2048, 512, 128, 40];
const essentia = new Essentia(EssentiaWASM);

/** From samples at 22,050 Hz to 40 coefficients a frame; each answers how many frames it made. */
const mfccBy: Record<string, (samples: Float32Array) => number> = {
  tunesmith: (samples) => mfcc(powerToDb(melSpectrogram(samples, { sampleRate: RATE })), COEFFICIENTS).count,

  Meyda(samples) {
    Object.assign(Meyda, { bufferSize: FRAME, sampleRate: RATE, melBands: BANDS, numberOfMFCCCoefficients: COEFFICIENTS });
    let frames = 0;
    for (let start = 0; start + FRAME <= samples.length; start += HOP) {
      Meyda.extract('mfcc', samples.subarray(start, start + FRAME));
      frames++;
    }
    return frames;
  },

  'essentia.js'(samples) {
    const frames = essentia.FrameGenerator(samples, FRAME, HOP);
    const count = frames.size();
    for (let at = 0; at < count; at++) {
      const windowed = essentia.Windowing(frames.get(at), true, FRAME, 'hann');
      const { spectrum } = essentia.Spectrum(windowed.frame, FRAME);
      const { bands, mfcc: coefficients } = essentia.MFCC(
        spectrum,
        2,
        RATE / 2,
        FRAME / 2 + 1,
        0,
        'dbpow',
        0,
        'unit_sum',
        BANDS,
        COEFFICIENTS,
        RATE,
      );
      for (const vector of [windowed.frame, spectrum, bands, coefficients]) vector.delete();
    }
    frames.delete();
    return count;
  },
};

const TEMPO_RATE = 44_100;
let suite: Suite | undefined;
let held: Float32Array = new Float32Array();

/** From samples at 44,100 Hz to BPM; null where none is found. */
const tempoBy: Record<string, (samples: Float32Array) => Promise<number | null> | number | null> = {
  async tunesmith(samples) {
    suite ??= await createSuite({ baseUrl: '/models/', wasmUrl: '/runtime/', backend: 'wasm' });
    return (await suite.tempo.estimate({ samples, sampleRate: TEMPO_RATE })).bpm;
  },

  'essentia.js'(samples) {
    const vector = essentia.arrayToVector(samples);
    const { bpm, ticks, estimates, bpmIntervals } = essentia.RhythmExtractor2013(vector);
    for (const each of [vector, ticks, estimates, bpmIntervals]) each.delete();
    return bpm;
  },

  'music-tempo'(samples) {
    try {
      return Number(new MusicTempo(samples).tempo);
    } catch {
      return null;
    }
  },
};

/** What the benchmark may ask, by name. */
const handlers = {
  /** Names of who can be timed. */
  names: (): string[] => Object.keys(mfccBy),

  /** Makes a signal beforehand. */
  prepare: (seconds: number, sampleRate: number): void => void signal(seconds, sampleRate),

  /** One of them computes the MFCC of so many seconds. */
  mfcc: (name: string, seconds: number): number => mfccBy[name]!(signal(seconds, RATE)),

  /** Names of who tells tempi. */
  tempoNames: (): string[] => Object.keys(tempoBy),

  /** Takes samples at 44,100 Hz that tempi are to be told of, so that sending them is not timed. */
  holdForTempo({ samples }: { readonly samples: TensorText }): void {
    held = fromText({ samples })['samples']!.data as Float32Array;
  },

  /** The tempo that one of them tells of them. */
  tempo: (name: string): Promise<number | null> | number | null => tempoBy[name]!(held),

  /** Resamples so many seconds. */
  resample: (seconds: number, sampleRate: number): number =>
    resample({ samples: signal(seconds, sampleRate), sampleRate }, RATE).samples.length,
};

Object.assign(window, {
  parity: async (handler: keyof typeof handlers, args: readonly unknown[]) => {
    try {
      return { value: await (handlers[handler] as (...args: readonly unknown[]) => unknown)(...args) };
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      return { error: { name, code: '', message } };
    }
  },
});
