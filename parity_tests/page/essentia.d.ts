/** What is called of essentia.js, which brings no types of its builds. */

declare module 'essentia.js/dist/essentia-wasm.es.js' {
  export const EssentiaWASM: object;
}

declare module 'essentia.js/dist/essentia.js-core.es.js' {
  /** A vector on the WebAssembly heap. */
  export interface Vector {
    size(): number;
    get(at: number): Vector;
    delete(): void;
  }

  export default class Essentia {
    constructor(wasm: object);
    FrameGenerator(samples: Float32Array, frameSize: number, hopSize: number): Vector;
    arrayToVector(samples: Float32Array): Vector;
    /** At 44,100 Hz. */
    RhythmExtractor2013(signal: Vector): { bpm: number; ticks: Vector; estimates: Vector; bpmIntervals: Vector };
    Windowing(frame: Vector, normalized: boolean, size: number, type: string): { frame: Vector };
    Spectrum(frame: Vector, size: number): { spectrum: Vector };
    MFCC(
      spectrum: Vector,
      dctType: number,
      highFrequencyBound: number,
      inputSize: number,
      liftering: number,
      logType: string,
      lowFrequencyBound: number,
      normalize: string,
      numberBands: number,
      numberCoefficients: number,
      sampleRate: number,
    ): { bands: Vector; mfcc: Vector };
  }
}
