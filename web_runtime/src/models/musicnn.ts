/** Tags of a recording, and over time: log-mel patches of three seconds go through a convolutional network that listeners' tags trained. */

import { type AudioInput, mixToMono, resample } from '../audio/index.js';
import { InputError } from '../errors.js';
import type { ModelHandle } from '../facade.js';
import { logMel, type PatchGrid, patchesAt } from '../music/spectra.js';
import type { NamedTensors } from '../tensors.js';

/** How well a tag fits. */
export interface Tag {
  readonly label: string;
  /** 0 to 1; no tag excludes another. */
  readonly probability: number;
}

/** Tags of three seconds. */
export interface TagsAtTime {
  /** Seconds from the recording's start. */
  readonly start: number;
  readonly end: number;
  /** Probabilities in the order of the manifest's labels. */
  readonly probability: readonly number[];
}

/** Tags of a recording. */
export interface Tags {
  /** All tags, the likeliest first: means over time. */
  readonly tags: readonly Tag[];
  /** One patch after the other; what is left at the end and is shorter than a patch is not heard. */
  readonly overTime: readonly TagsAtTime[];
}

/** The tagging model of a suite. */
export interface Musicnn {
  /**
   * Tags a recording.
   *
   * @param audio - An AudioBuffer, or samples with their rate; at least three seconds.
   * @throws {@link InputError} for audio that is no such thing, or shorter.
   */
  tag(audio: AudioInput): Promise<Tags>;
  /** Probabilities of each patch of log-mel values [n, 187, 96], in the order of the manifest's labels. */
  tagPatches(patches: Float32Array): Promise<{ readonly probability: readonly number[] }[]>;
  /** Log odds [n, 50] of such patches, for models that build on tags. */
  logits(patches: Float32Array): Promise<Float32Array>;
  /** How patches are cut from audio. */
  readonly grid: PatchGrid;
  /** What `tagPatches` feeds the graph. */
  encode(patches: Float32Array): NamedTensors;
}

/** Patches of one run: bounds memory for long recordings. */
const BATCH = 16;

/** The tagging model's facade. */
export function musicnn(model: ModelHandle): Musicnn {
  const grid = (): PatchGrid => model.manifest.preprocessing as unknown as PatchGrid;

  const encode = (patches: Float32Array): NamedTensors => {
    const { frames, bands } = grid();
    const size = frames * bands;
    if (!(patches instanceof Float32Array) || patches.length === 0 || patches.length % size !== 0) {
      const got = patches instanceof Float32Array ? `${patches.length} values` : typeof patches;
      throw new InputError(`${model.name}: patches expects a Float32Array of patches of ${frames} x ${bands} values, got ${got}`);
    }
    return { patches: { shape: [patches.length / size, frames, bands], data: patches } };
  };

  const outputs = async (patches: Float32Array): Promise<NamedTensors[]> => {
    const { data, shape } = encode(patches)['patches']!;
    const [count, frames, bands] = shape as [number, number, number];
    const answers: NamedTensors[] = [];
    for (let at = 0; at < count; at += BATCH) {
      const some = (data as Float32Array).subarray(at * frames * bands, (at + BATCH) * frames * bands);
      answers.push(await model.run(encode(some)));
    }
    return answers;
  };

  const tagPatches = async (patches: Float32Array): Promise<{ probability: number[] }[]> => {
    const size = model.manifest.labels.length;
    return (await outputs(patches)).flatMap(({ probability }) => {
      const { data, shape } = probability!;
      return Array.from({ length: shape[0]! }, (_, row) => ({ probability: Array.from(data.subarray(row * size, (row + 1) * size)) }));
    });
  };

  const logits = async (patches: Float32Array): Promise<Float32Array> => {
    const parts = (await outputs(patches)).map((answer) => answer['logits']!.data);
    const joined = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
    parts.reduce((at, part) => (joined.set(part, at), at + part.length), 0);
    return joined;
  };

  const tag = async (audio: AudioInput): Promise<Tags> => {
    const { sampleRate, hop, frames } = grid();
    const { samples } = resample(mixToMono(audio), sampleRate);
    const seconds = ((frames - 1) * hop) / sampleRate;
    if (samples.length < seconds * sampleRate) {
      throw new InputError(`${model.name}: expected at least ${seconds.toFixed(3)} s of audio, got ${(samples.length / sampleRate).toFixed(3)} s`);
    }
    const spectrogram = logMel(samples, grid());
    const starts = Array.from({ length: Math.floor(spectrogram.count / frames) }, (_, at) => at * frames);
    const rows = await tagPatches(patchesAt(spectrogram, starts, grid()));
    const overTime = rows.map(({ probability }, at) => {
      const start = (starts[at]! * hop) / sampleRate;
      return { start, end: start + seconds, probability };
    });
    const means = model.manifest.labels.map((label, at) => {
      return { label, probability: rows.reduce((sum, { probability }) => sum + probability[at]!, 0) / rows.length };
    });
    return { tags: means.sort((one, other) => other.probability - one.probability), overTime };
  };

  return {
    tag,
    tagPatches,
    logits,
    encode,
    get grid() {
      return grid();
    },
  };
}
