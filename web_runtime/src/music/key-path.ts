/** Keys over time, made steady: what windows say by themselves, weighed with how seldom music changes its key. `keras_models/key_path.py` is its twin. */

/** Constants of the path, from the manifest. */
export interface PathOptions {
  /** How likely the next window is in the same key. */
  readonly stay: number;
  /** Exponent of what a window says: windows overlap and are no independent witnesses. */
  readonly trust: number;
}

/**
 * Probabilities of the keys in each window given all windows: the forward-backward algorithm over a chain that stays in its key or moves to
 * any other alike.
 *
 * @param windows - Probabilities of the keys by each window alone.
 */
export function steadyKeys(windows: readonly ArrayLike<number>[], { stay, trust }: PathOptions): number[][] {
  if (windows.length === 0) return [];
  const heard = windows.map((window) => Array.from(window, (probability) => Math.max(probability, LEAST) ** trust));
  const pass = (rows: readonly number[][]): number[][] => {
    let belief: number[] = rows[0]!.map(() => 1);
    return rows.map((row) => {
      const expected = moved(belief, stay);
      belief = scaled(expected.map((each, key) => each * row[key]!));
      return expected;
    });
  };
  const before = pass(heard);
  const after = pass([...heard].reverse()).reverse();
  return heard.map((row, at) => scaled(row.map((each, key) => each * before[at]![key]! * after[at]![key]!)));
}

const LEAST = 1e-9;

/** Beliefs one window on. */
function moved(belief: readonly number[], stay: number): number[] {
  const sum = belief.reduce((total, each) => total + each, 0);
  return belief.map((each) => stay * each + ((1 - stay) * (sum - each)) / (belief.length - 1));
}

function scaled(row: readonly number[]): number[] {
  const sum = row.reduce((total, each) => total + each, 0);
  return row.map((each) => each / sum);
}
