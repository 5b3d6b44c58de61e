/** The genre of a recording, as a whole and over time: built on the tags of `musicnn` and a sparse log-mel spectrogram. */

import { type AudioInput, mixToMono, type MonoAudio, resample } from '../audio/index.js';
import { InputError } from '../errors.js';
import type { ModelHandle } from '../facade.js';
import { evenStarts, logMel, type PatchGrid, patchesAt, type SparseGrid, sparseMel } from '../music/spectra.js';
import type { NamedTensors } from '../tensors.js';

/** How likely a genre is. */
export interface GenreProbability {
  readonly label: string;
  /** 0 to 1; those of all genres sum to 1. */
  readonly probability: number;
}

/** Genres of about three seconds. */
export interface GenreAtTime {
  /** Seconds from the recording's start. */
  readonly start: number;
  readonly end: number;
  /** The likeliest first. */
  readonly probabilities: readonly GenreProbability[];
}

/** What is said of a recording. */
export interface GenreAnswer {
  /** The likeliest genre; null for silence. */
  readonly label: string | null;
  /** All genres, the likeliest first; empty for silence. */
  readonly probabilities: readonly GenreProbability[];
  /** What its moments sound like by themselves, in order; empty for silence. */
  readonly overTime: readonly GenreAtTime[];
  /** Whether no sample is louder than -60 dB of full scale. */
  readonly silent: boolean;
}

/** What the graph reads of 30 s. */
export interface GenreFeatures {
  /** Log odds of the tags of ten patches, [10, 50]. */
  readonly tags: Float32Array;
  /** Log-mel in dB at 387 instants, frames first, [387, 128]. */
  readonly mel: Float32Array;
}

/** The graph's answer to features, genres in the manifest's order. */
export interface FeaturesAnswer {
  readonly label: string;
  readonly probability: readonly number[];
  /** Probabilities of each of the ten patches. */
  readonly over_time: readonly (readonly number[])[];
}

/** The genre model of a suite. */
export interface Genre {
  /**
   * Tells the genre of a recording.
   *
   * Up to 30 s are heard as one; less is repeated to fill them. A longer recording is heard in even windows of 30 s, whose probabilities are
   * multiplied and scaled to sum to 1.
   *
   * @param audio - An AudioBuffer, or samples with their rate; at least three seconds.
   * @throws {@link InputError} for audio that is no such thing, or shorter.
   */
  classify(audio: AudioInput): Promise<GenreAnswer>;
  /** What `analyze` of `tunesmith/audio` asks. */
  readonly analyses: { readonly genre: (audio: AudioInput) => Promise<GenreAnswer> };
  /** What the graph says of features that were computed before. */
  classifyFeatures(features: GenreFeatures): Promise<FeaturesAnswer>;
  /** What `classifyFeatures` feeds the graph. */
  encode(features: GenreFeatures): NamedTensors;
}

/** Constants of the manifest. */
interface Heard extends SparseGrid {
  readonly seconds: number;
  readonly shortest: number;
  readonly silence: number;
  readonly patches: number;
}

/** The genre model's facade. */
export function genre(model: ModelHandle): Genre {
  const heard = (): Heard => model.manifest.preprocessing as unknown as Heard;

  const encode = (features: GenreFeatures): NamedTensors => {
    const { frames, bands } = heard();
    const tensor = (name: keyof GenreFeatures, rows: number, columns: number): NamedTensors => {
      const values: unknown = (features as Partial<GenreFeatures> | null | undefined)?.[name];
      if (!(values instanceof Float32Array) || values.length !== rows * columns || !values.every(Number.isFinite)) {
        const got = values instanceof Float32Array ? `${values.length} values` : typeof values;
        throw new InputError(`${model.name}: ${name} expects a Float32Array of ${rows} x ${columns} finite values, got ${got}`);
      }
      return { [name]: { shape: [1, rows, columns], data: values } };
    };
    const { patches } = heard();
    return { ...tensor('tags', patches, TAGS), ...tensor('mel', frames, bands) };
  };

  const classifyFeatures = async (features: GenreFeatures): Promise<FeaturesAnswer> => {
    const { probability, over_time: overTime } = await model.run(encode(features));
    const { labels } = model.manifest;
    const row = Array.from(probability!.data);
    const moments = Array.from({ length: heard().patches }, (_, at) =>
      Array.from(overTime!.data.subarray(at * labels.length, (at + 1) * labels.length)),
    );
    return { label: labels[row.indexOf(Math.max(...row))]!, probability: row, over_time: moments };
  };

  const classify = async (audio: AudioInput): Promise<GenreAnswer> => {
    const mono = mixToMono(audio);
    const { seconds, shortest, silence, patches, sampleRate } = heard();
    const duration = mono.samples.length / mono.sampleRate;
    if (duration < shortest) {
      throw new InputError(`${model.name}: expected at least ${shortest} s of audio, got ${duration.toFixed(3)} s; repeat a loop to fill them`);
    }
    if (isSilent(mono.samples, silence)) return { label: null, probabilities: [], overTime: [], silent: true };
    const { musicnn } = model.suite;
    const grid = musicnn.grid;
    const resampled = resample(mono, sampleRate);
    // From the higher rates the second filter has half the taps where it follows the first one, which passes all that it lets through.
    const narrow = filled(resample(mono.sampleRate > sampleRate ? resampled : mono, grid.sampleRate), seconds);
    const wide = filled(resampled, seconds);
    const count = Math.ceil(duration / seconds - 1e-9);
    const starts = Array.from({ length: count }, (_, at) => (at * Math.max(duration - seconds, 0)) / Math.max(count - 1, 1));
    const sums = new Array<number>(model.manifest.labels.length).fill(0);
    const overTime: GenreAtTime[] = [];
    for (const start of starts) {
      const [seen, heardNow] = [cut(wide, start, seconds), cut(narrow, start, seconds)];
      if (isSilent(seen, silence)) continue;
      const spectrogram = logMel(heardNow, grid);
      const first = evenStarts(spectrogram.count, patches, grid);
      const tags = await musicnn.logits(patchesAt(spectrogram, first, grid));
      const answer = await classifyFeatures({ tags, mel: sparseMel(seen, heard()) });
      answer.probability.forEach((probability, at) => (sums[at]! += Math.log(Math.max(probability, 1e-12))));
      overTime.push(...moments(answer.over_time, first, start, grid).filter(({ end }) => end <= duration + 0.01));
    }
    const probabilities = sorted(softmax(sums));
    return { label: probabilities[0]!.label, probabilities, overTime, silent: false };
  };

  const sorted = (row: readonly number[]): GenreProbability[] =>
    row.map((probability, at) => ({ label: model.manifest.labels[at]!, probability })).sort((one, other) => other.probability - one.probability);

  const moments = (rows: readonly (readonly number[])[], frames: readonly number[], offset: number, grid: PatchGrid): GenreAtTime[] =>
    rows.map((row, at) => {
      const start = offset + (frames[at]! * grid.hop) / grid.sampleRate;
      return { start, end: start + ((grid.frames - 1) * grid.hop) / grid.sampleRate, probabilities: sorted(row) };
    });

  return { classify, analyses: { genre: classify }, classifyFeatures, encode };
}

/** Tags of a patch. */
const TAGS = 50;

function isSilent(samples: Float32Array, silence: number): boolean {
  return samples.every((sample) => Math.abs(sample) < silence);
}

/** Audio that lasts at least so many seconds: a shorter one is repeated. */
function filled({ samples, sampleRate }: MonoAudio, seconds: number): MonoAudio {
  const wanted = Math.round(seconds * sampleRate);
  if (samples.length >= wanted) return { samples, sampleRate };
  const repeated = new Float32Array(wanted);
  for (let at = 0; at < wanted; at += samples.length) repeated.set(samples.subarray(0, Math.min(samples.length, wanted - at)), at);
  return { samples: repeated, sampleRate };
}

function cut({ samples, sampleRate }: MonoAudio, start: number, seconds: number): Float32Array {
  const first = Math.min(Math.round(start * sampleRate), samples.length - Math.round(seconds * sampleRate));
  return samples.subarray(first, first + Math.round(seconds * sampleRate));
}

function softmax(logits: readonly number[]): number[] {
  const most = Math.max(...logits);
  const odds = logits.map((logit) => Math.exp(logit - most));
  const sum = odds.reduce((total, each) => total + each, 0);
  return odds.map((each) => each / sum);
}
