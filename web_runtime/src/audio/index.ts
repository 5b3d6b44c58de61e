/**
 * `tunesmith/audio`: the audio front end, equal to librosa within stated tolerances. Plain functions over typed arrays, without DOM or
 * tfjs: they run in a worker and in Node as well as on a page.
 *
 * @example
 * ```ts
 * const { samples, sampleRate } = mixToMono(audioBuffer);
 * const coefficients = mfcc(powerToDb(melSpectrogram(samples, { sampleRate })));
 * ```
 */

export { type Biquad, BiquadCascade, type BiquadKind, type BiquadSettings, designBiquad, gainDbAt } from '../dsp/biquad.js';
export { Compressor, type CompressorSettings, MultibandCompressor, reductionDb } from '../dsp/compressor.js';
export { Crossover } from '../dsp/crossover.js';
export { fitEqualizer, type GainCurve, parametricEqualizer } from '../dsp/equalizer.js';
export { Limiter, type LimiterSettings } from '../dsp/limiter.js';
export type { Processor } from '../dsp/processor.js';
export { type BitDepth, encodeWav } from '../dsp/wav.js';
export { StereoWidth, type WidthSettings } from '../dsp/width.js';
export { type Candidates, RhythmAnalysis } from '../tempo/analysis.js';
export { estimateTempo, type TempoCandidate, type TempoEstimate, type TempoOptions } from '../tempo/estimate.js';
export type { TempoAtTime } from '../tempo/curve.js';
export type { TempoRange } from '../tempo/candidates.js';
export { measureLoudness } from '../loudness/measure.js';
export { type Loudness, LoudnessMeter } from '../loudness/meter.js';
export { analysesOf, type Analysis, analyze, type AudioFacade } from './analysis.js';
export { ChromaFilters, chromagram, type ChromaOptions, estimateTuning, PITCH_CLASSES } from './chroma.js';
export { powerToDb, raiseFloor, TOP_DB } from './decibels.js';
export { decodeAudio } from './decode.js';
export { delta } from './delta.js';
export { type Frames, frameOf, GrowingFrames } from './frames.js';
export { sampleRateOf } from './header.js';
export { type AudioBufferLike, type AudioInput, channelsOf, mixToMono, type MonoAudio, type MultichannelAudio } from './input.js';
export { type MelBands, MelFilters, type MelOptions, melSpectrogram } from './mel.js';
export { mfcc } from './mfcc.js';
export { type OnsetOptions, onsetStrength } from './onset.js';
export { resample, Resampler } from './resample.js';
export { hann, type SampleSink, type SpectrumVisitor, Stft, type StftOptions } from './stft.js';
export { TuningEstimator } from './tuning.js';
