/** The sample rate in an audio file's header: decoders of browsers do not tell it, and resample to whatever they are asked for. */

/** Rates of MPEG audio by index: MPEG 1, then 2, then 2.5, of which each has half the rates of the one before. */
const MPEG_RATES = [44_100, 48_000, 32_000] as const;
const AAC_RATES = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350] as const;
/** Opus decodes at this rate, whatever it was made from. */
const OPUS_RATE = 48_000;
/** How far to look for a header that has no fixed place. */
const SEARCHED = 1 << 16;

/** Samples per second that a file states: WAV, FLAC, MP3, AAC, Ogg (Vorbis, Opus, FLAC), MP4 or WebM; null for another format. */
export function sampleRateOf(bytes: Uint8Array): number | null {
  const file = new Header(bytes);
  if (file.says(0, 'RIFF') || file.says(0, 'RF64')) return waveRate(file);
  if (file.says(0, 'OggS')) return oggRate(file);
  if (file.says(4, 'ftyp')) return mp4Rate(file);
  if (file.uint32(0) === 0x1a45dfa3) return webmRate(file);
  const start = file.says(0, 'ID3') ? 10 + file.syncsafe(6) : 0;
  if (file.says(start, 'fLaC')) return flacRate(file, start);
  return mpegRate(file, start);
}

/** Big-endian reading that answers 0 beyond the end, so that a truncated header is an unknown one. */
class Header {
  constructor(readonly bytes: Uint8Array) {}

  uint8(at: number): number {
    return this.bytes[at] ?? 0;
  }

  uint16(at: number): number {
    return (this.uint8(at) << 8) | this.uint8(at + 1);
  }

  uint32(at: number): number {
    return this.uint16(at) * 0x10000 + this.uint16(at + 2);
  }

  littleUint32(at: number): number {
    return this.uint8(at) + this.uint8(at + 1) * 0x100 + this.uint8(at + 2) * 0x10000 + this.uint8(at + 3) * 0x1000000;
  }

  /** Four times seven bits: the length of an ID3 tag. */
  syncsafe(at: number): number {
    return [0, 1, 2, 3].reduce((length, byte) => length * 128 + this.uint8(at + byte), 0);
  }

  says(at: number, text: string): boolean {
    return [...text].every((character, index) => this.uint8(at + index) === character.charCodeAt(0));
  }

  /** Place of a text; -1 where it does not stand near the start. */
  find(text: string, from = 0): number {
    const end = Math.min(this.bytes.length, from + SEARCHED);
    for (let at = from; at < end; at++) if (this.says(at, text)) return at;
    return -1;
  }
}

function waveRate(file: Header): number | null {
  for (let at = 12; at + 8 <= file.bytes.length;) {
    if (file.says(at, 'fmt ')) return known(file.littleUint32(at + 12));
    const size = file.littleUint32(at + 4);
    at += 8 + size + (size % 2);
  }
  return null;
}

function flacRate(file: Header, start: number): number | null {
  // The magic, the first block's header, block and frame sizes; then 20 bits.
  return known(file.uint32(start + 18) >>> 12);
}

function oggRate(file: Header): number | null {
  const packet = 27 + file.uint8(26);
  if (file.says(packet + 1, 'vorbis')) return known(file.littleUint32(packet + 12));
  if (file.says(packet, 'OpusHead')) return OPUS_RATE;
  return file.says(packet + 1, 'FLAC') ? flacRate(file, packet + 9) : null;
}

function mp4Rate(file: Header): number | null {
  // The index of a streamed file may lie at its very end, behind the samples.
  let at = 0;
  while (at + 8 <= file.bytes.length && !file.says(at + 4, 'moov')) {
    const size = file.uint32(at) === 1 ? file.uint32(at + 8) * 2 ** 32 + file.uint32(at + 12) : file.uint32(at);
    if (size < 8) return null;
    at += size;
  }
  for (const kind of ['mp4a', 'Opus', 'fLaC', 'alac']) {
    const entry = file.find(kind, at);
    if (entry >= 0) return kind === 'Opus' ? OPUS_RATE : known(file.uint16(entry + 28));
  }
  return null;
}

function webmRate(file: Header): number | null {
  if (file.find('A_OPUS') >= 0) return OPUS_RATE;
  const view = new DataView(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength);
  // Element B5, SamplingFrequency, a float of 4 or 8 bytes.
  const end = Math.min(file.bytes.length - 10, SEARCHED);
  for (let at = 0; at < end; at++) {
    if (file.uint16(at) === 0xb588) return known(view.getFloat64(at + 2));
    if (file.uint16(at) === 0xb584) return known(view.getFloat32(at + 2));
  }
  return null;
}

/** MP3 or AAC: eleven bits of synchronisation and a sensible header, where the file or its tag's padding ends. */
function mpegRate(file: Header, start: number): number | null {
  let at = start;
  while (at < file.bytes.length && file.uint8(at) === 0) at++;
  const [first, second, third] = [file.uint8(at), file.uint8(at + 1), file.uint8(at + 2)];
  if (first !== 0xff || second < 0xe0) return null;
  const [version, layer] = [(second >> 3) & 3, (second >> 1) & 3];
  if (layer === 0) return second >= 0xf0 ? (AAC_RATES[(third >> 2) & 15] ?? null) : null;
  const rate = MPEG_RATES[(third >> 2) & 3];
  const isFrame = version !== 1 && rate !== undefined && third >> 4 !== 15 && third >> 4 !== 0;
  return isFrame ? rate / (version === 3 ? 1 : version === 2 ? 2 : 4) : null;
}

function known(rate: number): number | null {
  return rate > 0 ? rate : null;
}
