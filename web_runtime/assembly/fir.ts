/** The resampler's sums in WebAssembly SIMD (AssemblyScript); `npm run generate` compiles it. Four vectors of sums keep the adders busy. */

// @ts-ignore: decorator
@inline
function product(samples: usize, taps: usize): v128 {
  return f32x4.mul(v128.load(samples), v128.load(taps));
}

// @ts-ignore: decorator
@inline
function pairs(sums: v128): v128 {
  const upper = v128.shuffle<i32>(sums, sums, 2, 3, 0, 1);
  return f64x2.add(f64x2.promote_low_f32x4(sums), f64x2.promote_low_f32x4(upper));
}

/**
 * Writes `count` float32 outputs: each the sum of `row` float32 samples, from sample `first` on, times the row of float32 taps of its
 * `phase`; from one output to the next the moment moves on by `down / up` samples. `row` is a multiple of 8.
 */
export function fir(count: i32, samples: usize, taps: usize, out: usize, first: i32, phase: i32, up: i32, down: i32, row: i32): void {
  // Divided once: a division an output would take as long as half of its products.
  const whole = down / up;
  const part = down % up;
  for (let at = 0; at < count; at++) {
    let sample = samples + ((<usize>first) << 2);
    let tap = taps + ((<usize>phase * <usize>row) << 2);
    const end = tap + ((<usize>row) << 2);
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    let s2 = f32x4.splat(0);
    let s3 = f32x4.splat(0);
    for (; tap + 64 <= end; tap += 64, sample += 64) {
      s0 = f32x4.add(s0, product(sample, tap));
      s1 = f32x4.add(s1, product(sample + 16, tap + 16));
      s2 = f32x4.add(s2, product(sample + 32, tap + 32));
      s3 = f32x4.add(s3, product(sample + 48, tap + 48));
    }
    if (tap < end) {
      s0 = f32x4.add(s0, product(sample, tap));
      s1 = f32x4.add(s1, product(sample + 16, tap + 16));
    }
    const sum = f64x2.add(f64x2.add(pairs(s0), pairs(s1)), f64x2.add(pairs(s2), pairs(s3)));
    store<f32>(out + (<usize>at << 2), <f32>(f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)));
    first += whole;
    phase += part;
    if (phase >= up) {
      phase -= up;
      first++;
    }
  }
}
