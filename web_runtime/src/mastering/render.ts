/** Renders a master: the chain once, then the limiter again and again until loudness and peak are where they should be. */

import { Limiter, type LimiterSettings } from '../dsp/limiter.js';
import { type BitDepth, WavWriter } from '../dsp/wav.js';
import { LoudnessMeter } from '../loudness/meter.js';
import { type Analysis, Analyzer } from './analysis.js';
import { Chain, type ChainSettings } from './chain.js';
import { limiterSettings } from './settings.js';
import type { Choice } from './settings.js';
import { type AudioSource, eachChunk, partOf, type Tell } from './source.js';
import { BOUNDS, type Target } from './target.js';

/** Loudness is met within this, in LU. */
const TOLERANCE = 0.08;
/** Peaks are kept so far below the ceiling, in dB: other meters interpolate a little differently. */
const MARGIN = 0.1;
/** The limiter aims a little lower still, for what its moving gain adds, in dB. */
const AIM = 0.03;
const PASSES = 6;
/** Fades at both ends: audio that is cut off in full swing has peaks beyond its ends that no limiter sees. */
const FADE_SECONDS = 0.002;
/** Share of the time that the chain takes, for progress. */
const CHAIN_SHARE = 1 / 4;
/** Loudness that a dB of gain adds, at least, when a limiter works hard. */
const LEAST_SLOPE = 0.3;
/** What the chain makes of the input is kept, not computed again, up to so many bytes. */
const KEPT_BYTES = 100e6;

/** A reduction of the level. */
export interface Reduction {
  readonly largestDb: number;
  readonly averageDb: number;
}

/** A rendered master. */
export interface Rendered {
  readonly wav: Uint8Array<ArrayBuffer>;
  readonly after: Analysis;
  readonly limiter: LimiterSettings;
  readonly compression: Reduction;
  readonly limiting: Reduction;
  /** Whether the gain was held back for the limiter's sake. */
  readonly held: boolean;
  /** How often the limiter was run over the whole. */
  readonly passes: number;
}

/** Renders a source through a chain to a target; `loss` is a first guess of what the limiter takes of the loudness. */
export async function render(
  source: AudioSource,
  chain: ChainSettings,
  { choice, loss, bitDepth }: { readonly choice: Choice; readonly loss: number; readonly bitDepth: BitDepth },
  target: Target,
  tell: Tell,
): Promise<Rendered> {
  const chained = new Chained(source, chain);
  const { integrated, truePeak } = await chained.measure(partOf(tell, 0, CHAIN_SHARE));
  const writer = new WavWriter({ ...source, bitDepth });
  let ceiling = target.truePeakDb - MARGIN - AIM;
  /** Largest gain that keeps the limiter within its bounds, as far as is known. */
  let most = truePeak === null ? 0 : ceiling + BOUNDS.limitingDb - truePeak;
  let gain = integrated === null ? Math.min(0, most - BOUNDS.limitingDb) : Math.min(target.lufs - integrated + loss, most);
  let last: { readonly gain: number; readonly lufs: number } | null = null;
  for (let pass = 1; ; pass++) {
    const settings = limiterSettings(choice, gain, ceiling);
    // Most masters take two passes, so each is told as half of what is left.
    const from = 1 - (1 - CHAIN_SHARE) * 2 ** (1 - pass);
    const { after, limiting } = await limit(chained, settings, writer, partOf(tell, from, (1 + from) / 2));
    const missing = after.loudness.integrated === null || integrated === null ? 0 : target.lufs - after.loudness.integrated;
    const over = (after.loudness.truePeak ?? -Infinity) - (target.truePeakDb - MARGIN);
    const crushed = limiting.averageDb - BOUNDS.averageLimitingDb;
    const isHeld = missing > TOLERANCE && gain >= most;
    if (pass === PASSES || (over <= 0 && crushed <= 0 && (Math.abs(missing) <= TOLERANCE || isHeld))) {
      return { wav: writer.bytes, after, limiter: settings, compression: chained.reduction, limiting, held: isHeld, passes: pass };
    }
    if (over > 0) {
      ceiling -= over + AIM;
      most -= over + AIM;
    }
    if (crushed > 0) most = Math.min(most, gain - 2 * crushed);
    const lufs = target.lufs - missing;
    const slope = last === null || Math.abs(gain - last.gain) < 1e-3 ? 1 : (lufs - last.lufs) / (gain - last.gain);
    last = { gain, lufs };
    gain = Math.min(gain + missing / Math.min(1, Math.max(LEAST_SLOPE, slope)), most);
  }
}

/** One run of the limiter over the whole, into the file. */
async function limit(
  chained: Chained,
  settings: LimiterSettings,
  writer: WavWriter,
  tell: Tell,
): Promise<{ after: Analysis; limiting: Reduction }> {
  const { sampleRate, channelCount } = chained.source;
  const limiter = new Limiter(settings, sampleRate, channelCount);
  const analyzer = new Analyzer(sampleRate, channelCount);
  const fade = Math.min(Math.round(FADE_SECONDS * sampleRate), Math.floor(chained.source.frames / 2));
  let early = limiter.latency;
  let at = 0;
  const take = (chunk: readonly Float32Array[]): void => {
    limiter.process(chunk);
    const skipped = Math.min(early, chunk[0]!.length);
    early -= skipped;
    const ready = chunk.map((samples) => samples.subarray(skipped));
    for (const samples of ready) fadeEdges(samples, at, chained.source.frames, fade);
    at += ready[0]!.length;
    analyzer.push(ready);
    writer.write(ready);
  };
  writer.rewind();
  await chained.each(tell, take);
  take(Array.from({ length: channelCount }, () => new Float32Array(limiter.latency)));
  const { total, samples, largest } = limiter.reduction;
  return { after: analyzer.result(), limiting: { largestDb: largest, averageDb: total / Math.max(1, samples) } };
}

/** Fades a chunk that begins at a place of the whole where it is near the beginning or the end, by half a cosine. */
function fadeEdges(samples: Float32Array, at: number, frames: number, fade: number): void {
  for (let i = 0; i < samples.length; i++) {
    const distance = Math.min(at + i, frames - 1 - at - i);
    if (distance < fade) samples[i]! *= 0.5 - 0.5 * Math.cos((Math.PI * distance) / fade);
  }
}

/** What a chain makes of a source: kept where it is small enough, else computed again each time. */
class Chained {
  reduction: Reduction = { largestDb: 0, averageDb: 0 };
  private readonly kept: readonly Float32Array[] | null;

  constructor(
    readonly source: AudioSource,
    private readonly settings: ChainSettings,
  ) {
    const { channelCount, frames } = source;
    const fits = channelCount * frames * Float32Array.BYTES_PER_ELEMENT <= KEPT_BYTES;
    this.kept = fits ? Array.from({ length: channelCount }, () => new Float32Array(frames)) : null;
  }

  /** Runs the chain for the first time. */
  async measure(tell: Tell): Promise<{ integrated: number | null; truePeak: number | null }> {
    const { sampleRate, channelCount } = this.source;
    const chain = new Chain(this.settings, sampleRate, channelCount);
    const meter = new LoudnessMeter(sampleRate, channelCount);
    let at = 0;
    await eachChunk(this.source, tell, (chunk) => {
      chain.process(chunk);
      meter.push(chunk);
      this.kept?.forEach((samples, channel) => samples.set(chunk[channel]!, at));
      at += chunk[0]!.length;
    });
    this.reduction = chain.reduction();
    return meter.result();
  }

  /** Hands out what comes of the chain, in copies. */
  async each(tell: Tell, visit: (chunk: readonly Float32Array[]) => void): Promise<void> {
    const { kept, source } = this;
    if (kept !== null) {
      const read = (from: number, to: number): Promise<Float32Array[]> => Promise.resolve(kept.map((samples) => samples.slice(from, to)));
      return eachChunk({ ...source, read }, tell, visit);
    }
    const chain = new Chain(this.settings, source.sampleRate, source.channelCount);
    return eachChunk(source, tell, (chunk) => {
      chain.process(chunk);
      visit(chunk);
    });
  }
}
