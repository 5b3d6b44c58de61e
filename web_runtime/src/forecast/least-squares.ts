/** The little linear algebra that least squares of a few unknowns take. */

/** Inner product; four sums, because one would wait for each of its additions. */
export function product(one: Float64Array, other: Float64Array): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  let at = 0;
  for (; at + 3 < one.length; at += 4) {
    first += one[at]! * other[at]!;
    second += one[at + 1]! * other[at + 1]!;
    third += one[at + 2]! * other[at + 2]!;
    fourth += one[at + 3]! * other[at + 3]!;
  }
  for (; at < one.length; at++) first += one[at]! * other[at]!;
  return first + second + (third + fourth);
}

/** Lower factor of a positive definite matrix given by its lower triangle. */
export function cholesky(matrix: Float64Array, size: number): Float64Array {
  const factor = new Float64Array(matrix.length);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let rest = matrix[row * size + column]!;
      for (let at = 0; at < column; at++) rest -= factor[row * size + at]! * factor[column * size + at]!;
      factor[row * size + column] = row === column ? Math.sqrt(Math.max(rest, Number.MIN_VALUE)) : rest / factor[column * size + column]!;
    }
  }
  return factor;
}

/** Solution of the system of a factor. */
export function solved(factor: Float64Array, right: Float64Array, size: number): Float64Array {
  const solution = Float64Array.from(right);
  for (let row = 0; row < size; row++) {
    for (let at = 0; at < row; at++) solution[row]! -= factor[row * size + at]! * solution[at]!;
    solution[row]! /= factor[row * size + row]!;
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let at = row + 1; at < size; at++) solution[row]! -= factor[at * size + row]! * solution[at]!;
    solution[row]! /= factor[row * size + row]!;
  }
  return solution;
}
