/** The tempo of a recording: candidates of its rhythm, of which a small network chooses, so that it is no octave off. */

import type { AudioInput } from '../audio/index.js';
import { InputError } from '../errors.js';
import type { ModelHandle } from '../facade.js';
import { type TempoEstimate, type TempoOptions, TempoQuestion, noBeat } from '../tempo/estimate.js';
import type { NamedTensors } from '../tensors.js';

export type { TempoCandidate, TempoEstimate, TempoOptions } from '../tempo/estimate.js';
export type { TempoAtTime } from '../tempo/curve.js';
export type { TempoRange } from '../tempo/candidates.js';

/** The network's answer to candidates. */
export interface TempoDecision {
  /** Place of the likeliest candidate. */
  readonly best: number;
  /** Of each of 16 places; 0 where there is no candidate. */
  readonly probability: readonly number[];
}

/** The tempo model of a suite. */
export interface Tempo {
  /**
   * Tells tempo, beats and tempo over time.
   *
   * @param audio - An AudioBuffer, or samples with their rate.
   * @throws {@link InputError} for audio that is no such thing, or a range that is none.
   */
  estimate(audio: AudioInput, options?: TempoOptions): Promise<TempoEstimate>;
  /** What the network says of features that were computed before: rows of 1 to 16 candidates, one after the other. */
  decide(features: Float32Array): Promise<TempoDecision>;
  /** What `decide` feeds the graph. */
  encode(features: Float32Array): NamedTensors;
  /** What `analyze` asks for. */
  readonly analyses: { readonly tempo: (audio: AudioInput) => Promise<TempoEstimate> };
}

/** The tempo model's facade. */
export function tempo(model: ModelHandle): Tempo {
  const encode = (features: Float32Array): NamedTensors => {
    const [places, width] = model.manifest.inputs.find(({ name }) => name === 'candidates')!.shape as [number, number];
    const count = features instanceof Float32Array ? features.length / width : NaN;
    if (!(Number.isInteger(count) && count >= 1 && count <= places && features.every(Number.isFinite))) {
      const got = features instanceof Float32Array ? `${features.length} values` : typeof features;
      throw new InputError(`${model.name}: features expects a Float32Array of 1 to ${places} rows of ${width} finite values, got ${got}`);
    }
    const padded = new Float32Array(places * width);
    padded.set(features);
    return {
      candidates: { shape: [1, places, width], data: padded },
      present: { shape: [1, places], data: Float32Array.from({ length: places }, (_, at) => (at < count ? 1 : 0)) },
    };
  };

  const decide = async (features: Float32Array): Promise<TempoDecision> => {
    const { probability } = await model.run(encode(features));
    const row = Array.from(probability!.data);
    return { best: row.indexOf(Math.max(...row)), probability: row };
  };

  const estimate = async (audio: AudioInput, options?: TempoOptions): Promise<TempoEstimate> => {
    const question = TempoQuestion.of(audio, options);
    if (question === null) return noBeat();
    const { probability } = await decide(Float32Array.from(question.candidates.features.flat()));
    return question.answer(probability);
  };

  return { estimate, decide, encode, analyses: { tempo: (audio) => estimate(audio) } };
}
