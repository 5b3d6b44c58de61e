/** Teaches the converter TensorFlow's BlockLSTMV2, so that an exported LSTM runs as one kernel instead of an unrolled or looping graph. */

import { registerOp } from '@tensorflow/tfjs-converter';
import { engine, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core';

import { ManifestError } from '../errors.js';
import { BLOCK_LSTM, HIDDEN_OUTPUT } from './shape.js';

/** The part of a graph's JSON that is checked. */
export interface GraphTopology {
  readonly node: readonly { readonly name: string; readonly op: string; readonly input?: readonly string[] }[];
}

/** Registers the op with the converter; needed before a graph is built. */
export function registerBlockLstm(): void {
  registerOp(BLOCK_LSTM, ({ inputs, attrs }) => {
    if (attrs['use_peephole'] === true)
      throw new ManifestError(`${BLOCK_LSTM}: expected use_peephole false; export the LSTM without peepholes`);
    const [seqLenMax, x, csPrev, hPrev, w, , , , b] = inputs as Tensor[];
    const steps = seqLenMax!.dataSync()[0];
    if (steps !== x!.shape[0]) throw new ManifestError(`${BLOCK_LSTM}: expected seq_len_max ${x!.shape[0]} (all steps), got ${steps}`);
    const kernelInputs = { x, csPrev, hPrev, w, b } as unknown as NamedTensorMap;
    const outputs: Tensor[] = [];
    outputs[HIDDEN_OUTPUT] = engine().runKernel(BLOCK_LSTM, kernelInputs, {
      cellClip: Math.max(0, Number(attrs['cell_clip'] ?? 0)),
    }) as Tensor;
    return outputs;
  });
}

/**
 * Refuses a graph that reads an output of BlockLSTMV2 other than `h`, which is all that the kernels compute.
 *
 * @param read - Tensor names that are asked of the graph from outside.
 */
export function assertOnlyHiddenIsRead({ node }: GraphTopology, read: readonly string[]): void {
  const lstms = new Set(node.filter(({ op }) => op === BLOCK_LSTM).map(({ name }) => name));
  for (const tensor of [...node.flatMap(({ input }) => input ?? []), ...read]) {
    const [name, index = '0'] = tensor.split(':') as [string, string?];
    if (lstms.has(name) && Number(index) !== HIDDEN_OUTPUT) {
      throw new ManifestError(
        `${name}: expected only output ${HIDDEN_OUTPUT} (h) of ${BLOCK_LSTM} to be read, got output ${index}; export from h alone`,
      );
    }
  }
}
