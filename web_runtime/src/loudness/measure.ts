/** Measures whole audio in one call. */

import type { AudioInput } from '../audio/input.js';
import { monoOrStereo } from '../dsp/channels.js';
import { type Loudness, LoudnessMeter } from './meter.js';

/**
 * Integrated, momentary and short-term loudness, loudness range and true peak after ITU-R BS.1770-4 and EBU Tech 3341/3342.
 *
 * @param audio - Mono or stereo, 8 to 192 kHz. A mono file counts as one channel.
 * @returns LUFS, LU and dBTP; null where the standards define none, and then `status` says why.
 * @throws {@link InputError} where it is no such audio.
 */
export function measureLoudness(audio: AudioInput): Loudness {
  const { channels, sampleRate } = monoOrStereo(audio, 'measureLoudness');
  const meter = new LoudnessMeter(sampleRate, channels.length);
  meter.push(channels);
  return meter.result();
}
