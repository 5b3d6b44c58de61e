/** Mixing as a job of the studio: reads its sources whole, because stems are looked at, compared and rendered one after the other. */

import type { MultichannelAudio } from '../audio/input.js';
import { type AudioSource, breath, eachChunk, type Tell } from '../mastering/source.js';
import type { GivenRoles } from './analysis.js';
import { balanceStems, type Mix } from './balance.js';
import type { MixingConstants } from './constants.js';
import type { SearchLimits } from './search.js';

/** What the job is told beside its sources. */
export interface MixOrder {
  /** How many of the sources are stems; one more is the reference. */
  readonly stems: number;
  readonly roles: GivenRoles;
  readonly limits: SearchLimits;
  readonly constants: MixingConstants;
}

/** The mix's samples where a worker can hand them over, and all that is said of it. */
export type MixedJob = Omit<Mix, 'mix'> & Pick<MultichannelAudio, 'channels' | 'sampleRate'>;

/** Mixes sources. */
export async function mix(sources: readonly AudioSource[], { stems, roles, limits, constants }: MixOrder, tell: Tell): Promise<MixedJob> {
  const audio: MultichannelAudio[] = [];
  for (const source of sources) audio.push(await whole(source));
  const order = { stems: audio.slice(0, stems), roles, reference: audio[stems] ?? null };
  const hooks = {
    tell: (share: number): Promise<void> => {
      tell(share);
      return breath();
    },
  };
  const { mix: mixed, ...rest } = await balanceStems(order, limits, constants, hooks);
  return { ...mixed, ...rest };
}

async function whole(source: AudioSource): Promise<MultichannelAudio> {
  const channels = Array.from({ length: source.channelCount }, () => new Float32Array(source.frames));
  let at = 0;
  await eachChunk(source, () => undefined, (chunk) => {
    channels.forEach((samples, channel) => samples.set(chunk[channel]!, at));
    at += chunk[0]!.length;
  });
  return { channels, sampleRate: source.sampleRate };
}
