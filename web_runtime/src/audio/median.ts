/** The median, in place and in linear time: sorting would take most of an onset curve's time. */

/** Median of values, whose order is changed; the mean of the middle two where their number is even, and NaN where there are none. */
export function median(values: Float32Array | Float64Array): number {
  const { length } = values;
  if (length === 0) return NaN;
  const upper = select(values, length >> 1);
  if (length % 2 === 1) return upper;
  let lower = -Infinity;
  for (let at = 0; at < length >> 1; at++) lower = Math.max(lower, values[at]!);
  return (lower + upper) / 2;
}

/** Hoare's quickselect: the value of rank `rank`, with none larger before it and none smaller after it. */
function select(values: Float32Array | Float64Array, rank: number): number {
  let [left, right] = [0, values.length - 1];
  while (left < right) {
    const pivot = values[(left + right) >> 1]!;
    let [low, high] = [left, right];
    while (low <= high) {
      while (values[low]! < pivot) low++;
      while (values[high]! > pivot) high--;
      if (low > high) break;
      const value = values[low]!;
      values[low++] = values[high]!;
      values[high--] = value;
    }
    if (rank <= high) right = high;
    else if (rank >= low) left = low;
    else break;
  }
  return values[rank]!;
}
