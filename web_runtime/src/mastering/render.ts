/** Renders a master: the chain once, a rehearsal of the limiter, then the limiter until loudness and peak are where they should be. */

import { Limiter, type LimiterSettings } from '../dsp/limiter.js';
import { type BitDepth, WavWriter } from '../dsp/wav.js';
import { type Loudness, LoudnessMeter } from '../loudness/meter.js';
import { type Analysis, Analyzer } from './analysis.js';
import { Chain, type ChainSettings } from './chain.js';
import { limiterSettings } from './settings.js';
import type { Choice } from './settings.js';
import { type AudioSource, eachChunk, partOf, sourceOf, type Tell } from './source.js';
import { BOUNDS, type Target } from './target.js';

/** Loudness is met within this, in LU. */
const TOLERANCE = 0.08;
/** Peaks are kept so far below the ceiling, in dB: meters that look at sixteen places between samples find up to 0.12 dB more. */
const MARGIN = 0.15;
/** The limiter aims a little lower still, for what its moving gain adds, in dB. */
const AIM = 0.03;
const PASSES = 6;
/** Fades at both ends: audio that is cut off in full swing has peaks beyond its ends that no limiter sees. */
const FADE_SECONDS = 0.002;
/** Shares of the time after the chain and after the rehearsal, and of what is left after any further pass, for progress. */
const CHAIN_SHARE = 0.25;
const REHEARSED_SHARE = 0.45;
const PASS_LEFT = 0.1;
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
  const { sampleRate, channelCount } = source;
  const chained = new Chained(source, chain);
  const level = new Level(target, await chained.measure(partOf(tell, 0, CHAIN_SHARE)), loss);
  const settings = (): LimiterSettings => limiterSettings(choice, level.gain, level.ceiling);
  // A rehearsal tells the gain, for less than half of what a performance costs, which is then needed but once as a rule.
  const meter = new LoudnessMeter(sampleRate, channelCount, { truePeak: false });
  const rehearsed = await limit(chained, settings(), (chunk) => meter.push(chunk), partOf(tell, CHAIN_SHARE, REHEARSED_SHARE));
  level.settle(meter.result().integrated, null, rehearsed.averageDb);
  const writer = new WavWriter({ ...source, bitDepth });
  for (let pass = 2; ; pass++) {
    const limiter = settings();
    const analyzer = new Analyzer(sampleRate, channelCount);
    const perform = (chunk: readonly Float32Array[]): void => {
      analyzer.push(chunk);
      writer.write(chunk);
    };
    writer.rewind();
    // Most masters need no other pass, so each is told as most of what is left.
    const from = 1 - (1 - REHEARSED_SHARE) * PASS_LEFT ** (pass - 2);
    const limiting = await limit(chained, limiter, perform, partOf(tell, from, 1 - (1 - from) * PASS_LEFT));
    const after = analyzer.result();
    const { isSettled, isHeld } = level.settle(after.loudness.integrated, after.loudness.truePeak, limiting.averageDb);
    if (isSettled || pass === PASSES) {
      return { wav: writer.bytes, after, limiter, compression: chained.reduction, limiting, held: isHeld, passes: pass };
    }
  }
}

/** Gain and ceiling of the limiter, moved after each run until loudness and peak are right, or the limiter's bounds are reached. */
class Level {
  /** Both in dB. */
  gain: number;
  ceiling: number;
  /** Largest gain that keeps the limiter within its bounds, as far as is known. */
  private most: number;
  private last: { readonly gain: number; readonly lufs: number } | null = null;

  /** @param chained - What comes out of the chain. */
  constructor(
    private readonly target: Target,
    private readonly chained: Pick<Loudness, 'integrated' | 'truePeak'>,
    loss: number,
  ) {
    const { integrated, truePeak } = chained;
    this.ceiling = target.truePeakDb - MARGIN - AIM;
    this.most = truePeak === null ? 0 : this.ceiling + BOUNDS.limitingDb - truePeak;
    this.gain = integrated === null ? Math.min(0, this.most - BOUNDS.limitingDb) : Math.min(target.lufs - integrated + loss, this.most);
  }

  /** Learns what a run measured; a true peak that was not is null. */
  settle(integrated: number | null, truePeak: number | null, averageDb: number): { readonly isSettled: boolean; readonly isHeld: boolean } {
    const { target, last } = this;
    const missing = integrated === null || this.chained.integrated === null ? 0 : target.lufs - integrated;
    const over = (truePeak ?? -Infinity) - (target.truePeakDb - MARGIN);
    const crushed = averageDb - BOUNDS.averageLimitingDb;
    const isHeld = missing > TOLERANCE && this.gain >= this.most;
    if (over <= 0 && crushed <= 0 && (Math.abs(missing) <= TOLERANCE || isHeld)) return { isSettled: true, isHeld };
    if (over > 0) {
      this.ceiling -= over + AIM;
      this.most -= over + AIM;
    }
    if (crushed > 0) this.most = Math.min(this.most, this.gain - 2 * crushed);
    const lufs = target.lufs - missing;
    const slope = last === null || Math.abs(this.gain - last.gain) < 1e-3 ? 1 : (lufs - last.lufs) / (this.gain - last.gain);
    this.last = { gain: this.gain, lufs };
    this.gain = Math.min(this.gain + missing / Math.min(1, Math.max(LEAST_SLOPE, slope)), this.most);
    return { isSettled: false, isHeld };
  }
}

/** One run of the limiter over the whole. */
async function limit(chained: Chained, settings: LimiterSettings, visit: (chunk: readonly Float32Array[]) => void, tell: Tell): Promise<Reduction> {
  const { sampleRate, channelCount, frames } = chained.source;
  const limiter = new Limiter(settings, sampleRate, channelCount);
  const fade = Math.min(Math.round(FADE_SECONDS * sampleRate), Math.floor(frames / 2));
  let early = limiter.latency;
  let at = 0;
  const take = (chunk: readonly Float32Array[]): void => {
    limiter.process(chunk);
    const skipped = Math.min(early, chunk[0]!.length);
    early -= skipped;
    const ready = chunk.map((samples) => samples.subarray(skipped));
    for (const samples of ready) fadeEdges(samples, at, frames, fade);
    at += ready[0]!.length;
    visit(ready);
  };
  await chained.each(tell, take);
  take(Array.from({ length: channelCount }, () => new Float32Array(limiter.latency)));
  const { total, samples, largest } = limiter.reduction;
  return { largestDb: largest, averageDb: total / Math.max(1, samples) };
}

/** Fades a chunk that begins at a place of the whole where it is near the beginning or the end, by half a cosine. */
function fadeEdges(samples: Float32Array, at: number, frames: number, fade: number): void {
  if (at >= fade && at + samples.length <= frames - fade) return;
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
  async measure(tell: Tell): Promise<Loudness> {
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
      return eachChunk(sourceOf({ channels: kept, sampleRate: source.sampleRate }), tell, visit);
    }
    const chain = new Chain(this.settings, source.sampleRate, source.channelCount);
    return eachChunk(source, tell, (chunk) => {
      chain.process(chunk);
      visit(chunk);
    });
  }
}
