/**
 * BlockLSTMV2 on webgl: one program per step. Each step draws [steps + 1, batch, units]: rows below the step copy the previous
 * texture, the step's row is the new hidden state, the last row the new cell state. So the last texture holds all hidden states
 * and no concatenation follows.
 */

import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl/dist/backend_webgl.js';
import type { GPGPUProgram } from '@tensorflow/tfjs-backend-webgl/dist/gpgpu_math.js';
import { slice } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Slice.js';
import type { KernelConfig } from '@tensorflow/tfjs-core';

import { BLOCK_LSTM, type LstmInputs, type LstmSizes, sizesOf } from './shape.js';

/** BlockLSTMV2 on this backend. */
export const kernel: KernelConfig = {
  kernelName: BLOCK_LSTM,
  backendName: 'webgl',
  kernelFunc: ({ inputs, attrs, backend }) => {
    const webgl = backend as MathBackendWebGL;
    const { x, csPrev, hPrev, w, b } = inputs as LstmInputs;
    const sizes = sizesOf(inputs as LstmInputs);
    const clip = attrs!['cellClip'] as number;
    const next = new StepProgram(sizes, clip, false);
    let states = webgl.runWebGLProgram(new StepProgram(sizes, clip, true), [x, w, b, hPrev, csPrev], 'float32', [[0]]);
    for (let step = 1; step < sizes.steps; step++) {
      const previous = states;
      states = webgl.runWebGLProgram(next, [x, w, b, previous], 'float32', [[step]]);
      webgl.disposeIntermediateTensorInfo(previous);
    }
    const shape: [number, number, number] = [sizes.steps, sizes.batch, sizes.units];
    const hidden = slice({ inputs: { x: states }, backend: webgl, attrs: { begin: [0, 0, 0], size: shape } });
    webgl.disposeIntermediateTensorInfo(states);
    return hidden;
  },
};

class StepProgram implements GPGPUProgram {
  readonly variableNames: string[];
  readonly outputShape: number[];
  readonly customUniforms = [{ name: 'step', type: 'int' as const }];
  readonly userCode: string;

  constructor({ steps, batch, features, units }: LstmSizes, cellClip: number, isFirst: boolean) {
    this.variableNames = isFirst ? ['X', 'W', 'Bias', 'Hidden', 'Cell'] : ['X', 'W', 'Bias', 'States'];
    this.outputShape = [steps + 1, batch, units];
    const hidden = isFirst ? 'getHidden(row, k)' : 'getStates(step - 1, row, k)';
    const cell = isFirst ? 'getCell(row, unit)' : `getStates(${steps}, row, unit)`;
    const copied = isFirst ? '0.0' : 'getStates(at, row, unit)';
    this.userCode = `
      float sigmoidOf(float v) { return 1.0 / (1.0 + exp(-v)); }

      float tanhOf(float v) {
        float e = exp(-2.0 * abs(v));
        float magnitude = (1.0 - e) / (1.0 + e);
        return v < 0.0 ? -magnitude : magnitude;
      }

      float gate(int row, int column) {
        float sum = getBias(column);
        for (int k = 0; k < ${features}; k++) sum += getX(step, row, k) * getW(k, column);
        for (int k = 0; k < ${units}; k++) sum += ${hidden} * getW(${features} + k, column);
        return sum;
      }

      void main() {
        ivec3 coords = getOutputCoords();
        int at = coords.x;
        int row = coords.y;
        int unit = coords.z;
        if (at != step && at != ${steps}) {
          setOutput(at < step ? ${copied} : 0.0);
          return;
        }
        float kept = sigmoidOf(gate(row, ${units} + unit)) * ${cell};
        float state = kept + sigmoidOf(gate(row, unit)) * tanhOf(gate(row, ${2 * units} + unit));
        ${cellClip > 0 ? `state = clamp(state, ${(-cellClip).toFixed(8)}, ${cellClip.toFixed(8)});` : ''}
        if (at == ${steps}) {
          setOutput(state);
          return;
        }
        setOutput(sigmoidOf(gate(row, ${3 * units} + unit)) * tanhOf(state));
      }
    `;
  }
}
