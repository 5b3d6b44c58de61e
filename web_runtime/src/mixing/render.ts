/** Plays stems through their settings into one stereo mix, chunk by chunk, and sets its level below the ceiling. */

import type { MultichannelAudio } from '../audio/input.js';
import { BiquadCascade } from '../dsp/biquad.js';
import { Compressor, type CompressorSettings } from '../dsp/compressor.js';
import { fromDb } from '../dsp/decibels.js';
import { type Loudness, LoudnessMeter } from '../loudness/meter.js';
import type { MixingConstants } from './constants.js';
import { type Hooks, UNWATCHED } from './hooks.js';
import { filtersOf, panGains, type StemSettings } from './settings.js';
import type { PreparedStem } from './stems.js';

/** Loudness that a mix is set to where its peaks allow it, in LUFS: it leaves room for mastering. */
const TARGET_LUFS = -18;
/** True peak that no mix exceeds, in dBTP; a little below the promised -1, because meters differ by so much. */
const CEILING_DBTP = -1.2;
const CHUNK = 16_384;

/** One stem with all that its chain needs. */
export interface ChainedStem {
  readonly stem: PreparedStem;
  readonly settings: StemSettings;
  readonly compressor: CompressorSettings | null;
}

/** The mix, what it measures, and the gain that it was given as a whole. */
export interface Rendered {
  readonly mix: MultichannelAudio;
  readonly loudness: Loudness;
  readonly commonGainDb: number;
}

/** Renders the mix, as long as its longest stem. */
export async function renderMix(stems: readonly ChainedStem[], constants: MixingConstants, hooks: Hooks = UNWATCHED): Promise<Rendered> {
  const { sampleRate } = stems[0]!.stem.audio;
  const length = Math.max(...stems.map(({ stem }) => stem.audio.channels[0]!.length));
  const channels = [new Float32Array(length), new Float32Array(length)] as const;
  for (const [index, chained] of stems.entries()) {
    addStem(chained, channels, constants);
    await hooks.tell((index + 1) / (stems.length + 1));
  }
  const before = measure(channels, sampleRate);
  const commonGainDb = commonGain(before);
  const factor = fromDb(commonGainDb);
  for (const samples of channels) for (let i = 0; i < length; i++) samples[i]! *= factor;
  await hooks.tell(1);
  return { mix: { channels, sampleRate }, loudness: measure(channels, sampleRate), commonGainDb };
}

function addStem({ stem, settings, compressor }: ChainedStem, mix: readonly Float32Array[], constants: MixingConstants): void {
  const { channels, sampleRate } = stem.audio;
  const cascade = new BiquadCascade(filtersOf(settings, sampleRate, constants), 2);
  const dynamics = compressor === null ? null : new Compressor(compressor, sampleRate, 2);
  const gains = panGains(settings.pan).map((gain) => gain * fromDb(settings.gainDb));
  const entry = stem.polarity * (channels.length === 1 ? Math.SQRT1_2 : 1);
  for (let from = 0; from < channels[0]!.length; from += CHUNK) {
    const chunk = [0, 1].map((side) => {
      const source = Math.min(side, channels.length - 1);
      return channels[source]!.slice(from, from + CHUNK).map((value) => entry * (value - stem.offsets[source]!));
    });
    cascade.process(chunk);
    dynamics?.process(chunk);
    chunk.forEach((samples, side) => {
      for (let i = 0; i < samples.length; i++) mix[side]![from + i]! += gains[side]! * samples[i]!;
    });
  }
}

function commonGain({ integrated, truePeak }: Loudness): number {
  if (truePeak === null) return 0;
  const room = CEILING_DBTP - truePeak;
  return integrated === null ? Math.min(0, room) : Math.min(TARGET_LUFS - integrated, room);
}

function measure(channels: readonly Float32Array[], sampleRate: number): Loudness {
  const meter = new LoudnessMeter(sampleRate, channels.length);
  meter.push(channels);
  return meter.result();
}
