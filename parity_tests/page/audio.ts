/** What the tests ask of the audio front end: every feature of a signal at once, so that files are decoded and sent over only once. */

import {
  analyze,
  chromagram,
  decodeAudio,
  delta,
  estimateTuning,
  type Frames,
  melSpectrogram,
  mfcc,
  mixToMono,
  type MonoAudio,
  onsetStrength,
  powerToDb,
  resample,
  RhythmAnalysis,
  Stft,
} from 'tunesmith/audio';

import { bytesOf, fromText, textOf, type TensorText } from './base64.js';

/** Audio as Python sends it: a file's bytes in base64, or samples. */
type AudioText = { readonly file: string } | { readonly samples: TensorText; readonly sampleRate: number };

async function read(audio: AudioText): Promise<MonoAudio> {
  if ('file' in audio) return mixToMono(await decodeAudio(bytesOf(audio.file)));
  const { samples } = fromText({ samples: audio.samples });
  return mixToMono({ samples: samples!.data as Float32Array, sampleRate: audio.sampleRate });
}

function textOfSamples({ samples }: MonoAudio): TensorText {
  return textOf([samples.length], samples);
}

function textOfFrames({ values, count, size }: Frames): TensorText {
  return textOf([count, size], values);
}

/** Magnitudes of every so many frames: all of them would take longer to send than to compute. */
function magnitudes(samples: Float32Array, apart: number): TensorText {
  const stft = new Stft();
  const frames = Array.from({ length: Math.ceil(stft.frameCount(samples.length) / apart) }, (_, at) => at * apart);
  const values = new Float32Array(frames.length * stft.bins);
  stft.visit(samples, (power, at) => values.set(power.map(Math.sqrt), at * stft.bins), frames);
  return textOf([frames.length, stft.bins], values);
}

/** What a suite's facades find in a file, given in base64. */
export async function analyzeFile(suite: object, file: string): Promise<object> {
  const audio = await decodeAudio(bytesOf(file));
  const { numberOfChannels: channels, sampleRate, duration: seconds } = audio;
  return { audio: { channels, sampleRate, seconds }, ...(await analyze(suite, audio)) };
}

/** Handlers of the page. */
export const audioHandlers = {
  /** Onset strength, candidates and their features: what is computed before a tempo is chosen; no candidates where there is no beat. */
  async tempoFeatures(audio: AudioText): Promise<Record<string, TensorText>> {
    const analysis = new RhythmAnalysis(resample(await read(audio), RhythmAnalysis.sampleRate).samples);
    const { tempi, features } = analysis.hasBeat ? analysis.candidates() : { tempi: [], features: [] };
    const [all] = analysis.curves;
    const curves = Float32Array.from(analysis.curves.flatMap((curve) => Array.from(curve)));
    return {
      curves: textOf([analysis.curves.length, all.length], curves),
      tempi: textOf([tempi.length], Float32Array.from(tempi)),
      features: textOf([features.length, features[0]?.length ?? 0], Float32Array.from(features.flat())),
    };
  },

  /** Mono audio as decoded, and resampled to each rate. */
  async audioSamples(audio: AudioText, rates: readonly number[]): Promise<Record<string, TensorText>> {
    const decoded = await read(audio);
    const resampled = rates.map((rate) => [String(rate), textOfSamples(resample(decoded, rate))]);
    return { decoded: textOfSamples(decoded), ...Object.fromEntries(resampled) };
  },

  /** All features of a signal at a rate, frame after frame; magnitudes of every so many frames only. */
  async audioFeatures(audio: AudioText, rate: number, apart: number): Promise<Record<string, TensorText>> {
    const { samples, sampleRate } = resample(await read(audio), rate);
    const logMel = powerToDb(melSpectrogram(samples, { sampleRate }));
    const coefficients = mfcc(logMel);
    const tuning = estimateTuning(samples, sampleRate);
    const features: Record<string, TensorText> = {
      magnitude: magnitudes(samples, apart),
      logMel: textOfFrames(logMel),
      narrowLogMel: textOfFrames(powerToDb(melSpectrogram(samples, { sampleRate, fMin: 20, fMax: 8000 }))),
      mfcc: textOfFrames(coefficients),
      tuning: textOf([1], Float32Array.of(tuning)),
      chroma: textOfFrames(chromagram(samples, sampleRate, { tuning })),
    };
    for (const aggregate of ['mean', 'median'] as const) {
      const strength = onsetStrength(logMel, { aggregate });
      features[`${aggregate}Onset`] = textOf([strength.length], strength);
    }
    for (const order of [1, 2] as const) {
      if (coefficients.count >= 9) features[`delta${order}`] = textOfFrames(delta(coefficients, { order }));
    }
    return features;
  },
};
