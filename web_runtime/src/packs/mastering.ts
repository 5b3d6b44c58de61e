/** Mastering: a mix in, a master at the wanted loudness out, computed in a worker; the pack holds the spectra that genres share. */

import type { AudioFacade } from '../audio/analysis.js';
import type { AudioInput, MultichannelAudio } from '../audio/input.js';
import { monoOrStereo } from '../dsp/channels.js';
import { type BitDepth, samplesOf } from '../dsp/wav.js';
import { InputError } from '../errors.js';
import type { PackHandle } from '../facade.js';
import type { Loudness } from '../loudness/meter.js';
import type { Mastered } from '../mastering/master.js';
import type { Spectrum } from '../mastering/spectrum.js';
import { type Preset, readTarget, type Target } from '../mastering/target.js';
import type { JobOptions } from '../worker/client.js';

export type { BitDepth } from '../dsp/wav.js';
export type { Mastered, Measurements } from '../mastering/master.js';
export type { Objective } from '../mastering/objective.js';
export type { Spectrum } from '../mastering/spectrum.js';
export type { Preset, Target } from '../mastering/target.js';

/** How to master. */
export interface MasteringOptions extends JobOptions {
  /** `streaming`: -14 LUFS, -1 dBTP. `club`: -11 LUFS, -0.5 dBTP. `broadcast`: -23 LUFS, -1 dBTP (EBU R 128). Or one's own. */
  readonly target: Preset | Target;
  /** A track to sound like: its long-term spectrum and, within bounds, its width. */
  readonly reference?: AudioInput | undefined;
  /** A genre to sound like, where there is no reference: one of {@link Mastering.genres}. Without either, music at large. */
  readonly genre?: string | undefined;
  /** Of the WAV file: 16 (dithered; the default), 24, or 32 for floating point. */
  readonly bitDepth?: BitDepth | undefined;
}

/** A finished master. */
export interface Master extends Mastered {
  /** The samples of {@link Mastered.wav}, decoded when asked for. */
  readonly audio: MultichannelAudio;
}

/** What `suite.mastering` offers. */
export interface Mastering extends AudioFacade {
  /**
   * Masters a mix, which stays as it is.
   *
   * @param audio - Mono or stereo, 8 to 192 kHz.
   * @returns The master, what was done to it, and measurements before and after. Where the target can't be reached within the bounds, or
   * the input is too short or silent, `outcome` and `note` say so.
   * @throws {@link InputError} for other audio, an unknown target or genre; the signal's reason where it is cancelled.
   */
  master(audio: AudioInput, options: MasteringOptions): Promise<Master>;
  /** Names that `genre` takes. */
  genres(): readonly string[];
  /** The long-term spectrum of a genre, or of music at large, in dB around its mean. */
  curve(genre?: string): Promise<Spectrum>;
}

/** The data file. */
interface Curves {
  readonly frequencies: readonly number[];
  readonly curves: Readonly<Record<string, readonly number[]>>;
}

const ANY = 'any';

/** The mastering pack's facade. */
export function mastering(pack: PackHandle): Mastering {
  const genres = (): readonly string[] => pack.manifest.constants['genres'] as string[];

  const curve = async (genre = ANY): Promise<Spectrum> => {
    if (genre !== ANY && !genres().includes(genre)) throw new InputError(`mastering: unknown genre "${genre}"; expected one of ${genres().join(', ')}`);
    const { frequencies, curves } = JSON.parse(new TextDecoder().decode(await pack.data())) as Curves;
    return { frequencies, levelsDb: curves[genre]! };
  };

  const master = async (audio: AudioInput, options: MasteringOptions): Promise<Master> => {
    const { reference, genre, bitDepth = 16, ...job } = options ?? {};
    const target = readTarget(options?.target);
    if (![16, 24, 32].includes(bitDepth)) throw new InputError(`mastering: bitDepth expects 16, 24 or 32, got ${String(bitDepth)}`);
    if (reference !== undefined && genre !== undefined) throw new InputError('mastering expects a reference or a genre, got both; leave one out');
    const sources = [monoOrStereo(audio, 'mastering'), ...(reference === undefined ? [] : [monoOrStereo(reference, 'mastering, its reference')])];
    if (sources.some(({ channels }) => channels[0]!.length === 0)) throw new InputError('mastering expects at least one sample, got none');
    const wanted = reference === undefined ? await curve(genre) : null;
    const { runJob } = await import('../worker/client.js');
    const mastered = await runJob('master', sources, { target, wanted, bitDepth }, job);
    return {
      ...mastered,
      get audio() {
        return samplesOf(mastered.wav);
      },
    };
  };

  const loudness = async (audio: AudioInput): Promise<Loudness> => (await import('../loudness/measure.js')).measureLoudness(audio);

  return { master, genres, curve, analyses: { loudness } };
}
