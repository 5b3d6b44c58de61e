/** Decodes audio files with the browser's own decoders, at the file's own rate: no browser resamples like another. */

import { InputError, reasonOf } from '../errors.js';
import { sampleRateOf } from './header.js';

/** What files of an unknown header are decoded at: the rate of most music. */
const USUAL_RATE = 44_100;

/**
 * Decodes a file of any format that the browser knows. Workers have no decoder: decode on the page and hand the channels over.
 *
 * @param file - The file's bytes; they are left as they are.
 * @returns All channels, at the rate that the file's header states; at 44.1 kHz where the format is one that {@link sampleRateOf} does not
 * know.
 * @throws {@link InputError} for an empty file, one that the browser can't decode, or where there is no browser.
 */
export async function decodeAudio(file: ArrayBuffer | Uint8Array): Promise<AudioBuffer> {
  const bytes = file instanceof Uint8Array ? file : new Uint8Array(file);
  if (bytes.length === 0) throw new InputError('audio: expected a file with audio, got an empty one');
  if (typeof OfflineAudioContext !== 'function') {
    throw new InputError('audio: decoding needs a page (OfflineAudioContext); here, give { samples, sampleRate } instead');
  }
  const sampleRate = sampleRateOf(bytes) ?? USUAL_RATE;
  try {
    // The decoder takes the bytes away from its caller: give it a copy.
    return await new OfflineAudioContext({ length: 1, sampleRate }).decodeAudioData(bytes.slice().buffer);
  } catch (error) {
    const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new InputError(
      `audio: expected a file that this browser can decode (WAV, FLAC, MP3, Ogg, MP4 ...), got ${bytes.length} bytes that start with ` +
        `${start} (${reasonOf(error)}); convert it, to WAV say`,
    );
  }
}
