/** Stereo width: more or less difference between the channels, and none of it in the bass, where mono systems and vinyl lose it. */

import { BiquadCascade, designBiquad } from './biquad.js';
import type { Processor } from './processor.js';

/** What becomes of the difference of the channels. */
export interface WidthSettings {
  /** Factor of the side signal: 0 is mono, 1 leaves it, 2 doubles it. */
  readonly width: number;
  /** Below this frequency in Hz the bass turns mono (12 dB per octave); 0 leaves it. */
  readonly monoBelow: number;
}

/** Scales the side signal and high-passes it; the mid signal, and so the mono mix, stays as it is. Mono audio passes. */
export class StereoWidth implements Processor {
  private readonly highPass: BiquadCascade;
  private readonly mono: boolean;
  private side = new Float32Array(0);

  constructor(
    private readonly settings: WidthSettings,
    sampleRate: number,
    channelCount: number,
  ) {
    const filters = settings.monoBelow > 0 ? [designBiquad({ kind: 'highPass', frequency: settings.monoBelow }, sampleRate)] : [];
    this.highPass = new BiquadCascade(filters, 1);
    this.mono = channelCount === 1;
  }

  process(chunk: readonly Float32Array[]): void {
    if (this.mono) return;
    const [left, right] = chunk as readonly [Float32Array, Float32Array];
    if (this.side.length !== left.length) this.side = new Float32Array(left.length);
    const side = this.side;
    for (let i = 0; i < side.length; i++) side[i] = (this.settings.width * (left[i]! - right[i]!)) / 2;
    this.highPass.process([side]);
    for (let i = 0; i < side.length; i++) {
      const mid = (left[i]! + right[i]!) / 2;
      left[i] = mid + side[i]!;
      right[i] = mid - side[i]!;
    }
  }

  reset(): void {
    this.highPass.reset();
  }
}
