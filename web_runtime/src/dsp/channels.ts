/** What the audio blocks take: one or two channels, at a rate that their filters are meant for. */

import { type AudioInput, channelsOf, type MultichannelAudio } from '../audio/input.js';
import { InputError } from '../errors.js';

const RATES = { least: 8000, most: 192_000 } as const;

/**
 * The channels of mono or stereo audio, not copied.
 *
 * @param who - Who asks, for the error's text.
 * @throws {@link InputError} where it is no audio, has more channels, or another rate than 8 to 192 kHz.
 */
export function monoOrStereo(audio: AudioInput, who: string): MultichannelAudio {
  const { channels, sampleRate } = channelsOf(audio);
  if (channels.length > 2) throw new InputError(`${who} expects mono or stereo, got ${channels.length} channels; mix them down`);
  if (sampleRate < RATES.least || sampleRate > RATES.most)
    throw new InputError(`${who} expects a sampling rate of ${RATES.least} to ${RATES.most} Hz, got ${sampleRate}; resample it`);
  return { channels, sampleRate };
}
