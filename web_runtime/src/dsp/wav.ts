/** Writes WAV files chunk by chunk into memory taken once, and reads what it wrote. */

import type { AudioInput, MultichannelAudio } from '../audio/input.js';
import { InputError } from '../errors.js';
import { monoOrStereo } from './channels.js';
import { Dither } from './dither.js';

/** 16 (dithered) and 24 are integers, 32 is floating point. */
export type BitDepth = 16 | 24 | 32;

/** Largest size that the format's 32-bit lengths can state, in bytes. */
const LARGEST = 2 ** 32 - 1;
const INTEGER = 1;
const FLOAT = 3;

/**
 * A WAV file of mono or stereo audio.
 *
 * @param options - `bitDepth`: 16 by default.
 * @throws {@link InputError} where it is no such audio, for another bit depth, or where the file would exceed 4 GB.
 */
export function encodeWav(audio: AudioInput, { bitDepth = 16 }: { readonly bitDepth?: BitDepth } = {}): Uint8Array<ArrayBuffer> {
  const { channels, sampleRate } = monoOrStereo(audio, 'encodeWav');
  const writer = new WavWriter({ sampleRate, channelCount: channels.length, frames: channels[0]!.length, bitDepth });
  writer.write(channels);
  return writer.bytes;
}

/** A WAV file of a length known beforehand. */
export class WavWriter {
  /** The file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  private readonly view: DataView;
  private readonly start: number;
  private dither: Dither;
  private offset: number;

  /** @throws {@link InputError} for another bit depth, or where the file would exceed 4 GB. */
  constructor(
    private readonly format: { readonly sampleRate: number; readonly channelCount: number; readonly frames: number; readonly bitDepth: BitDepth },
  ) {
    const { bitDepth, channelCount, frames } = format;
    if (![16, 24, 32].includes(bitDepth)) throw new InputError(`a WAV file expects a bit depth of 16, 24 or 32, got ${String(bitDepth)}`);
    const dataBytes = (frames * channelCount * bitDepth) / 8;
    const start = (this.start = bitDepth === 32 ? 58 : 44);
    const size = start + dataBytes + (dataBytes % 2);
    if (size > LARGEST) throw new InputError(`a WAV file holds 4 GB at most, got ${size} bytes; write it in parts`);
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
    this.dither = new Dither(bitDepth);
    this.offset = start;
    this.writeHeader(dataBytes);
  }

  /** Appends a chunk: one array per channel. Values beyond full scale are clipped in integer files. */
  write(chunk: readonly Float32Array[]): void {
    const { view } = this;
    const [frames, channels] = [chunk[0]!.length, chunk.length];
    const step = this.format.bitDepth / 8;
    let at = this.offset;
    for (let i = 0; i < frames; i++) {
      for (let channel = 0; channel < channels; channel++) {
        const value = chunk[channel]![i]!;
        if (step === 4) view.setFloat32(at, value, true);
        else if (step === 2) view.setInt16(at, this.dither.quantize(value), true);
        else writeInt24(view, at, value);
        at += step;
      }
    }
    this.offset = at;
  }

  /** Begins again at the first sample, in the same memory. */
  rewind(): void {
    this.offset = this.start;
    this.dither = new Dither(this.format.bitDepth);
  }

  private writeHeader(dataBytes: number): void {
    const { sampleRate, channelCount, frames, bitDepth } = this.format;
    const isFloat = bitDepth === 32;
    const frame = (channelCount * bitDepth) / 8;
    let at = 0;
    const text = (letters: string): void => {
      for (const letter of letters) this.bytes[at++] = letter.charCodeAt(0);
    };
    const number = (value: number, bytes: 2 | 4): void => {
      if (bytes === 2) this.view.setUint16(at, value, true);
      else this.view.setUint32(at, value, true);
      at += bytes;
    };
    text('RIFF');
    number(this.bytes.length - 8, 4);
    text('WAVEfmt ');
    number(isFloat ? 18 : 16, 4);
    number(isFloat ? FLOAT : INTEGER, 2);
    number(channelCount, 2);
    number(sampleRate, 4);
    number(sampleRate * frame, 4);
    number(frame, 2);
    number(bitDepth, 2);
    if (isFloat) {
      number(0, 2);
      text('fact');
      number(4, 4);
      number(frames, 4);
    }
    text('data');
    number(dataBytes, 4);
  }
}

/** Rounding errors at 24 bits lie far below any noise: no dither. */
function writeInt24(view: DataView, at: number, sample: number): void {
  const scaled = Math.round(sample * 2 ** 23);
  const value = Math.max(-(2 ** 23), Math.min(2 ** 23 - 1, scaled));
  view.setUint16(at, value & 0xffff, true);
  view.setInt8(at + 2, value >> 16);
}

/** Samples of a file by {@link WavWriter}, full scale as ±1. */
export function samplesOf(file: Uint8Array<ArrayBuffer>): MultichannelAudio {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const [channelCount, sampleRate, bitDepth] = [view.getUint16(22, true), view.getUint32(24, true), view.getUint16(34, true)];
  const start = bitDepth === 32 ? 58 : 44;
  const step = bitDepth / 8;
  const frames = view.getUint32(start - 4, true) / (step * channelCount);
  const read = (at: number): number =>
    step === 4
      ? view.getFloat32(at, true)
      : step === 2
        ? view.getInt16(at, true) / 2 ** 15
        : (view.getUint16(at, true) + view.getInt8(at + 2) * 2 ** 16) / 2 ** 23;
  const channels = Array.from({ length: channelCount }, () => new Float32Array(frames));
  for (let frame = 0, at = start; frame < frames; frame++) {
    for (const samples of channels) {
      samples[frame] = read(at);
      at += step;
    }
  }
  return { channels, sampleRate };
}
