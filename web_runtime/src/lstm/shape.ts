/** What the three LSTM kernels share: the op's inputs and their checked sizes. */

import type { NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';

/** Name of TensorFlow's fused LSTM op; the kernel bears the same name. */
export const BLOCK_LSTM = 'BlockLSTMV2';

/** Index of `h`, the only output that the kernels compute, among the op's seven. */
export const HIDDEN_OUTPUT = 6;

/** Inputs of the kernel. Gates are ordered i, f, c, o along the last axis of `w` and `b`. */
export interface LstmInputs extends NamedTensorInfoMap {
  /** [steps, batch, features] */
  x: TensorInfo;
  /** Cell state before the first step, [batch, units] */
  csPrev: TensorInfo;
  /** Hidden state before the first step, [batch, units] */
  hPrev: TensorInfo;
  /** [features + units, 4 * units] */
  w: TensorInfo;
  /** [4 * units] */
  b: TensorInfo;
}

/** Sizes of one LSTM call. */
export interface LstmSizes {
  steps: number;
  batch: number;
  features: number;
  units: number;
}

/** Sizes from the inputs' shapes. */
export function sizesOf({ x, b }: LstmInputs): LstmSizes {
  const [steps, batch, features] = x.shape as [number, number, number];
  return { steps, batch, features, units: b.shape[0]! / 4 };
}
