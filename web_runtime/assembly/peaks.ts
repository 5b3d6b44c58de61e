/** Peaks between samples in WebAssembly SIMD (AssemblyScript), four intervals at a time; `npm run generate` compiles it. */

// @ts-ignore: decorator
@inline
function raised(peaks: v128, values: v128): v128 {
  return f32x4.max(peaks, f32x4.abs(values));
}

/**
 * Raises float32 peaks to the largest magnitude in their interval, four at a time: `count` of them or up to three more. The first interval
 * begins at sample `half - 1` of the line; `half` samples on either side shape it. `taps` holds, phase after phase, `half` float32 weights
 * of the sums of samples on either side and then as many of their differences; after `mirrored` such phases the weights of the middle.
 */
export function peaks(count: i32, line: usize, out: usize, taps: usize, half: i32, mirrored: i32): void {
  const width = <usize>half << 2;
  for (let at = 0; at < count; at += 4) {
    const left = line + (<usize>at << 2) + width - 4;
    let highest = v128.load(out + (<usize>at << 2));
    highest = raised(raised(highest, v128.load(left)), v128.load(left + 4));
    let tap = taps;
    for (let phase = 0; phase < mirrored; phase++) {
      let even = f32x4.splat(0);
      let odd = f32x4.splat(0);
      for (let k: usize = 0; k < width; k += 4, tap += 4) {
        const before = v128.load(left - k);
        const after = v128.load(left + 4 + k);
        even = f32x4.add(even, f32x4.mul(f32x4.add(before, after), v128.load32_splat(tap)));
        odd = f32x4.add(odd, f32x4.mul(f32x4.sub(before, after), v128.load32_splat(tap + width)));
      }
      tap += width;
      // A phase and its mirror image: even + odd and even - odd.
      highest = f32x4.max(highest, f32x4.add(f32x4.abs(even), f32x4.abs(odd)));
    }
    let middle = f32x4.splat(0);
    for (let k: usize = 0; k < width; k += 4, tap += 4) {
      middle = f32x4.add(middle, f32x4.mul(f32x4.add(v128.load(left - k), v128.load(left + 4 + k)), v128.load32_splat(tap)));
    }
    v128.store(out + (<usize>at << 2), raised(highest, middle));
  }
}
