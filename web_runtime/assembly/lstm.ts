/** The LSTM recurrence in WebAssembly SIMD (AssemblyScript), the wasm backend's hot path; `npm run generate` compiles it. */

const LOG2E: f32 = 1.4426950408889634;
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;

/** exp of four floats: split off the power of two, then a Taylor polynomial on [-ln2/2, ln2/2]; relative error below 2e-7. */
// @ts-ignore: decorator
@inline
function exp4(value: v128): v128 {
  const x = f32x4.max(f32x4.min(value, f32x4.splat(88)), f32x4.splat(-87));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(LOG2E)));
  const r = f32x4.sub(f32x4.sub(x, f32x4.mul(n, f32x4.splat(LN2_HIGH))), f32x4.mul(n, f32x4.splat(LN2_LOW)));
  let p = f32x4.splat(1.0 / 5040.0);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 720.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 120.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 24.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 6.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.5));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(p, power);
}

// @ts-ignore: decorator
@inline
function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
}

/** tanh by way of exp(-2|x|), which never overflows. */
// @ts-ignore: decorator
@inline
function tanh4(x: v128): v128 {
  const one = f32x4.splat(1);
  const e = exp4(f32x4.mul(f32x4.abs(x), f32x4.splat(-2)));
  const magnitude = f32x4.div(f32x4.sub(one, e), f32x4.add(one, e));
  return v128.bitselect(x, magnitude, i32x4.splat(0x80000000));
}

/** Adds `vector . w` to the 32 gates at `gates + column`, held in eight registers. */
function addProduct32(gates: usize, vector: usize, length: i32, w: usize, stride: usize): void {
  let s0 = v128.load(gates);
  let s1 = v128.load(gates, 16);
  let s2 = v128.load(gates, 32);
  let s3 = v128.load(gates, 48);
  let s4 = v128.load(gates, 64);
  let s5 = v128.load(gates, 80);
  let s6 = v128.load(gates, 96);
  let s7 = v128.load(gates, 112);
  for (let k = 0; k < length; k++) {
    const v = v128.load32_splat(vector);
    s0 = f32x4.add(s0, f32x4.mul(v, v128.load(w)));
    s1 = f32x4.add(s1, f32x4.mul(v, v128.load(w, 16)));
    s2 = f32x4.add(s2, f32x4.mul(v, v128.load(w, 32)));
    s3 = f32x4.add(s3, f32x4.mul(v, v128.load(w, 48)));
    s4 = f32x4.add(s4, f32x4.mul(v, v128.load(w, 64)));
    s5 = f32x4.add(s5, f32x4.mul(v, v128.load(w, 80)));
    s6 = f32x4.add(s6, f32x4.mul(v, v128.load(w, 96)));
    s7 = f32x4.add(s7, f32x4.mul(v, v128.load(w, 112)));
    vector += 4;
    w += stride;
  }
  v128.store(gates, s0);
  v128.store(gates, s1, 16);
  v128.store(gates, s2, 32);
  v128.store(gates, s3, 48);
  v128.store(gates, s4, 64);
  v128.store(gates, s5, 80);
  v128.store(gates, s6, 96);
  v128.store(gates, s7, 112);
}

/** `gates += vector . w`, in blocks of 32 gates and a rest in fours. */
function addProduct(gates: usize, vector: usize, length: i32, w: usize, width: i32): void {
  const stride = (<usize>width) << 2;
  let column = 0;
  for (; column + 32 <= width; column += 32) {
    const at = (<usize>column) << 2;
    addProduct32(gates + at, vector, length, w + at, stride);
  }
  for (; column < width; column += 4) {
    const at = gates + ((<usize>column) << 2);
    let sum = v128.load(at);
    let weights = w + ((<usize>column) << 2);
    for (let k = 0; k < length; k++) {
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(vector + ((<usize>k) << 2)), v128.load(weights)));
      weights += stride;
    }
    v128.store(at, sum);
  }
}

/**
 * All steps; pointers are byte offsets into this module's memory, `units` a multiple of 4, `gates` room for 4 * units floats.
 * `cell` holds the cell states before and after; layouts and formulas are those of src/lstm/loop.ts.
 */
export function lstm(
  steps: i32, batch: i32, features: i32, units: i32, cellClip: f32,
  x: usize, cell: usize, hPrev: usize, w: usize, b: usize, h: usize, gates: usize,
): void {
  const width = 4 * units;
  const row4 = (<usize>units) << 2;
  const wHidden = w + (<usize>(features * width) << 2);
  let hidden = hPrev;
  let out = h;
  for (let step = 0; step < steps; step++) {
    for (let row = 0; row < batch; row++) {
      memory.copy(gates, b, (<usize>width) << 2);
      addProduct(gates, x, features, w, width);
      addProduct(gates, hidden, units, wHidden, width);
      const state = cell + (<usize>row) * row4;
      for (let at: usize = 0; at < row4; at += 16) {
        const kept = f32x4.mul(sigmoid4(v128.load(gates + row4 + at)), v128.load(state + at));
        let next = f32x4.add(kept, f32x4.mul(sigmoid4(v128.load(gates + at)), tanh4(v128.load(gates + 2 * row4 + at))));
        if (cellClip > 0) next = f32x4.max(f32x4.min(next, f32x4.splat(cellClip)), f32x4.splat(-cellClip));
        v128.store(state + at, next);
        v128.store(out + at, f32x4.mul(sigmoid4(v128.load(gates + 3 * row4 + at)), tanh4(next)));
      }
      x += (<usize>features) << 2;
      hidden += row4;
      out += row4;
    }
    hidden = out - (<usize>batch) * row4;
  }
}
