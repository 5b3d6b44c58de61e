/** The key of a recording, as a whole and over time: chroma in the recording's own tuning, chords, and a network that is the same for all tonics. */

import { type Analysis, type AudioInput, mixToMono, resample } from '../audio/index.js';
import { InputError } from '../errors.js';
import type { ModelHandle } from '../facade.js';
import { type ChordGrid, describeFrames, hearChords, type KeyFeatures } from '../music/chords.js';
import { type PathOptions, steadyKeys } from '../music/key-path.js';
import { hearPitches } from '../music/pitches.js';
import type { NamedTensors, TensorData } from '../tensors.js';

/** A key and how sure it is. */
export interface KeyProbability {
  /** Tonic and mode: `F# minor`. Tonics are spelled with sharps. */
  readonly key: string;
  /** The same on Camelot's wheel, where neighbours mix well: `11A`. */
  readonly camelot: string;
  /** 0 to 1; those of all 24 keys sum to 1. */
  readonly probability: number;
}

/** The key of some seconds. */
export interface KeyAtTime {
  /** Seconds from the recording's start. */
  readonly start: number;
  readonly end: number;
  readonly key: string;
  readonly camelot: string;
  /** Probability of the key, 0 to 1. */
  readonly confidence: number;
}

/** What is said of a recording. */
export interface KeyAnswer {
  /** The likeliest key; null for silence. */
  readonly key: string | null;
  readonly camelot: string | null;
  /** Probability of the key, 0 to 1; low for drums alone, noise and music without a key; 0 for silence. */
  readonly confidence: number;
  /** The next likely keys; empty for silence. */
  readonly alternatives: readonly KeyProbability[];
  /** Windows of eight seconds, one every four, smoothed: music seldom changes its key. Empty for silence. */
  readonly overTime: readonly KeyAtTime[];
  /** Cents that the recording is tuned above A = 440 Hz, -50 to 50. */
  readonly tuning: number;
}

/** What the graph says of features. */
export interface KeyFeaturesAnswer {
  readonly key: string;
  /** Probabilities in the order of the manifest's labels. */
  readonly probability: readonly number[];
}

/** The key model of a suite. */
export interface Key {
  /**
   * Tells the key of a recording.
   *
   * @param audio - An AudioBuffer, or samples with their rate; at least two seconds.
   * @throws {@link InputError} for audio that is no such thing, or shorter.
   */
  estimate(audio: AudioInput): Promise<KeyAnswer>;
  /** What the graph says of features that were computed before. */
  estimateFeatures(features: KeyFeatures): Promise<KeyFeaturesAnswer>;
  /** What the model hears in audio: the features of the whole recording. */
  features(audio: AudioInput): KeyFeatures;
  /** What `estimateFeatures` feeds the graph. */
  encode(features: KeyFeatures): NamedTensors;
  /** For `analyze`. */
  readonly analyses: { readonly key: Analysis };
}

/** Constants of the manifest. */
interface Heard extends ChordGrid, PathOptions {
  readonly shortest: number;
  readonly silence: number;
  /** Frames of a window, and from one window to the next. */
  readonly window: number;
  readonly step: number;
  readonly alternatives: number;
  readonly camelot: readonly string[];
}

/** A stretch of frames with its features. */
interface Stretch {
  readonly first: number;
  readonly last: number;
  readonly features: KeyFeatures;
}

/** Rows of one run: bounds memory for long recordings. */
const BATCH = 32;
const SHAPES = { pitchClasses: [6, 12], transitions: [24, 24] } as const;
const NAMES = { pitchClasses: 'pitch_classes', transitions: 'transitions' } as const;

/** The key model's facade. */
export function key(model: ModelHandle): Key {
  const heard = (): Heard => model.manifest.preprocessing as unknown as Heard;
  const named = (index: number): { key: string; camelot: string } => ({ key: model.manifest.labels[index]!, camelot: heard().camelot[index]! });

  const encode = (features: KeyFeatures): NamedTensors => stacked([checked(model.name, features)]);

  const probabilities = async (all: readonly KeyFeatures[]): Promise<Float32Array[]> => {
    const rows: Float32Array[] = [];
    for (let at = 0; at < all.length; at += BATCH) {
      const some = all.slice(at, at + BATCH);
      const { probability } = await model.run(stacked(some));
      rows.push(...some.map((_, row) => (probability!.data as Float32Array).subarray(row * KEYS, (row + 1) * KEYS)));
    }
    return rows;
  };

  const estimateFeatures = async (features: KeyFeatures): Promise<KeyFeaturesAnswer> => {
    const [row] = await probabilities([checked(model.name, features)]);
    return { key: model.manifest.labels[likeliest(row!)]!, probability: Array.from(row!) };
  };

  /** The whole recording first, then its windows; null for silence. */
  const stretches = (audio: AudioInput): { all: Stretch[]; tuning: number; seconds: number } | null => {
    const constants = heard();
    const mono = mixToMono(audio);
    const seconds = mono.samples.length / mono.sampleRate;
    if (seconds < constants.shortest) {
      throw new InputError(`${model.name}: expected at least ${constants.shortest} s of audio, got ${seconds.toFixed(3)} s; repeat a loop to fill them`);
    }
    if (mono.samples.every((sample) => Math.abs(sample) < constants.silence)) return null;
    const { samples } = resample(mono, constants.sampleRate);
    const pitches = hearPitches(samples, constants);
    const chords = hearChords(pitches, constants);
    const count = 1 + Math.floor(samples.length / constants.hop);
    const stretch = (first: number, last: number): Stretch => ({ first, last, features: describeFrames(pitches, chords, first, last, constants) });
    return { all: [stretch(0, count), ...windowsOf(count, constants).map((first) => stretch(first, Math.min(first + constants.window, count)))], tuning: pitches.tuning, seconds };
  };

  const estimate = async (audio: AudioInput): Promise<KeyAnswer> => {
    const found = stretches(audio);
    if (found === null) return { key: null, camelot: null, confidence: 0, alternatives: [], overTime: [], tuning: 0 };
    const { all, tuning, seconds } = found;
    const { hop, sampleRate, alternatives, ...path } = heard();
    const [whole, ...windows] = await probabilities(all.map(({ features }) => features));
    const ranked = Array.from(whole!, (probability, index) => ({ ...named(index), probability })).sort((one, other) => other.probability - one.probability);
    const overTime = steadyKeys(windows, path).map((row, at) => {
      const { first, last } = all[at + 1]!;
      const index = likeliest(row);
      return { start: (first * hop) / sampleRate, end: Math.min((last * hop) / sampleRate, seconds), ...named(index), confidence: row[index]! };
    });
    const { probability: confidence, ...best } = ranked[0]!;
    return { ...best, confidence, alternatives: ranked.slice(1, 1 + alternatives), overTime, tuning: 100 * tuning };
  };

  const features = (audio: AudioInput): KeyFeatures => {
    const found = stretches(audio);
    if (found === null) throw new InputError(`${model.name}: expected audio that can be heard, got silence`);
    return found.all[0]!.features;
  };

  return { estimate, estimateFeatures, features, encode, analyses: { key: estimate } };
}

const KEYS = 24;

/** First frames of windows that overlap, evenly spread so that the last one ends with the recording; one where it is shorter than a window. */
function windowsOf(count: number, { window, step }: Heard): number[] {
  const steps = Math.max(Math.ceil((count - window) / step), 0);
  return Array.from({ length: steps + 1 }, (_, at) => (steps === 0 ? 0 : Math.round((at * (count - window)) / steps)));
}

/** Features as they are, made sure of. */
function checked(name: string, features: KeyFeatures): KeyFeatures {
  for (const part of ['pitchClasses', 'transitions'] as const) {
    const [rows, columns] = SHAPES[part];
    const values: unknown = (features as Partial<KeyFeatures> | null | undefined)?.[part];
    if (!(values instanceof Float32Array) || values.length !== rows * columns || !values.every((value) => value >= 0 && Number.isFinite(value))) {
      const got = values instanceof Float32Array ? `${values.length} values` : typeof values;
      throw new InputError(`${name}: ${part} expects a Float32Array of ${rows} x ${columns} finite values from 0 on, got ${got}`);
    }
  }
  return features;
}

/** Rows of features as the graph's inputs. */
function stacked(all: readonly KeyFeatures[]): NamedTensors {
  const tensor = (part: keyof KeyFeatures): TensorData => {
    const size = all[0]![part].length;
    const data = new Float32Array(all.length * size);
    all.forEach((features, row) => data.set(features[part], row * size));
    return { shape: [all.length, ...SHAPES[part]], data };
  };
  return { [NAMES.pitchClasses]: tensor('pitchClasses'), [NAMES.transitions]: tensor('transitions') };
}

function likeliest(row: ArrayLike<number>): number {
  let best = 0;
  for (let at = 1; at < row.length; at++) if (row[at]! > row[best]!) best = at;
  return best;
}
