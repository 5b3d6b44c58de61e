import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodeAudio } from '../../src/audio/decode.js';
import { sampleRateOf } from '../../src/audio/header.js';
import { InputError } from '../../src/errors.js';

type Part = string | number | readonly number[];
/** Bytes from texts, byte values, and lists of them. */
const bytes = (...parts: Part[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...part].map((letter) => letter.charCodeAt(0)) : part)));
const little = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);
const big = (value: number): number[] => little(value).reverse();
const zeros = (length: number): number[] => Array<number>(length).fill(0);
const format = (rate: number): Part[] => ['fmt ', little(16), [1, 0, 2, 0], little(rate), zeros(8)];
const streamInfo = (rate: number): Part[] => [
  'fLaC',
  [0, 0, 0, 34],
  zeros(10),
  [rate >> 12, (rate >> 4) & 255, (rate & 15) << 4],
  zeros(20),
];
const ogg = (...packet: Part[]): Uint8Array => bytes('OggS', zeros(22), 1, 30, ...packet);

describe('sampleRateOf', () => {
  it.each([
    ['WAV', bytes('RIFF', little(100), 'WAVE', ...format(48_000)), 48_000],
    ['WAV with a chunk of odd length before', bytes('RIFF', little(100), 'WAVE', 'LIST', little(3), zeros(4), ...format(96_000)), 96_000],
    ['FLAC', bytes(...streamInfo(44_100)), 44_100],
    ['FLAC after an ID3 tag', bytes('ID3', [4, 0, 0], [0, 0, 0, 5], zeros(5), ...streamInfo(192_000)), 192_000],
    ['Vorbis', ogg(1, 'vorbis', zeros(4), 2, little(32_000)), 32_000],
    ['Opus', ogg('OpusHead', 1, 2, zeros(2), little(44_100)), 48_000],
    ['FLAC in Ogg', ogg(127, 'FLAC', [1, 0, 0, 1], ...streamInfo(22_050)), 22_050],
    ['MP3', bytes([0xff, 0xfb, 0x90, 0x00], zeros(9)), 44_100],
    ['MP3 of MPEG 2 after an ID3 tag', bytes('ID3', [4, 0, 0], [0, 0, 1, 0], zeros(128), [0xff, 0xf3, 0x94, 0], zeros(9)), 24_000],
    ['AAC', bytes([0xff, 0xf1, 0x4c, 0x80], zeros(9)), 48_000],
    ['MP4', bytes(big(8), 'ftyp', big(4 * 9), 'moovmp4a', zeros(24), big(44_100 * 65_536)), 44_100],
    ['MP4 with its index at the end', bytes(big(8), 'ftyp', big(12), 'mdat', zeros(4), big(36), 'moovOpus', zeros(28)), 48_000],
    ['WebM', bytes([0x1a, 0x45, 0xdf, 0xa3], zeros(9), [0xb5, 0x88, 0x40, 0xe5, 0x88, 0x80, 0, 0, 0, 0], zeros(9)), 44_100],
  ])('reads %s', (_, file, rate) => expect(sampleRateOf(file)).toBe(rate));

  it('is null for what is no audio', () => {
    expect(sampleRateOf(bytes('%PDF-1.7', zeros(200)))).toBeNull();
    expect(sampleRateOf(bytes())).toBeNull();
    expect(sampleRateOf(bytes(big(1), 'ftyp', zeros(40)))).toBeNull();
    expect(sampleRateOf(bytes('FORM', zeros(20), [0xff, 0xfb, 0x90, 0], zeros(20)))).toBeNull();
  });

  it('survives any bytes, whole or truncated', () => {
    const magic = fc.constantFrom<Part>('RIFF', 'OggS', 'fLaC', 'ID3', [0, 0, 0, 8, 102, 116, 121, 112], [0x1a, 0x45, 0xdf, 0xa3], [0xff]);
    fc.assert(
      fc.property(magic, fc.uint8Array({ maxLength: 300 }), (start, rest) => {
        const rate = sampleRateOf(bytes(start, [...rest]));
        expect(rate === null || rate > 0).toBe(true);
      }),
    );
  });
});

describe('decodeAudio', () => {
  it('says what is missing where there is no browser', async () => {
    await expect(decodeAudio(bytes('RIFF'))).rejects.toThrow(/OfflineAudioContext.*give \{ samples, sampleRate \}/);
    await expect(decodeAudio(bytes())).rejects.toBeInstanceOf(InputError);
  });
});
