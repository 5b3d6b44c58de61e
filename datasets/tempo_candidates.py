"""Which tempi a recording may have, and what tells the right one from its half, double and other relatives: one row of features each."""

from __future__ import annotations

import numpy as np

from datasets.tempo_periodicity import RHYTHM, Periodicity, Rhythm

_PAIRS = ((1, 2), (1, 3), (2, 3))  # of bands: low, middle, high


def salience(found: Periodicity, rhythm: Rhythm = RHYTHM) -> np.ndarray:
    """How well each tempo of the grid explains the repetition, float64 [points]."""
    acf, octave = found.acf[0], rhythm.perOctave

    def slower(octaves: int) -> np.ndarray:
        return np.concatenate([np.zeros(octaves * octave), acf[: -octaves * octave]])

    return acf + 0.5 * slower(1) + 0.25 * slower(2) + 0.3 * found.magnitude[0]


def candidates(found: Periodicity, rhythm: Rhythm = RHYTHM, *, between: tuple[float, float] | None = None) -> np.ndarray:
    """Places of candidates on the grid, fractional, the most salient first, float64 [1 to 16].

    Peaks of the salience with a parabola through each, and multiples of the best; where no peak lies between the bounds, the most salient
    point does.

    Parameters
    ----------
    between
        Slowest and fastest in BPM, within the grid.
    """
    lowest, highest = between or (rhythm.slowest, rhythm.fastest)
    values, tempi, octave = salience(found, rhythm), rhythm.tempi, rhythm.perOctave
    inside = np.flatnonzero((tempi[1:-1] >= lowest) & (tempi[1:-1] <= highest)) + 1
    peaks = inside[(values[inside] > values[inside - 1]) & (values[inside] >= values[inside + 1])]
    peaks = peaks[np.argsort(-values[peaks], kind="stable")]
    places = [_vertex(values, peak) for peak in peaks[: rhythm.best]]
    related = [place + octave * np.log2(ratio) for place in places[: rhythm.related] for ratio in rhythm.relations]
    low, high, apart = rhythm.place_of(lowest), rhythm.place_of(highest), octave * np.log2(1 + rhythm.apart)
    chosen: list[float] = []
    for place in [*places, *related]:
        if low <= place <= high and all(abs(place - other) > apart for other in chosen):
            chosen.append(place)
    if not chosen:
        chosen = [float(inside[values[inside].argmax()]) if len(inside) else (low + high) / 2]
    return np.array(chosen[: rhythm.candidates])


def _vertex(values: np.ndarray, peak: int) -> float:
    left, middle, right = values[peak - 1 : peak + 2]
    curvature = left - 2 * middle + right
    return float(peak + (0.5 * (left - right) / curvature if curvature < 0 else 0.0))


def feature_names(rhythm: Rhythm = RHYTHM) -> list[str]:
    """Names of the columns of ``features``."""
    curves = ["acf", "magnitude", *(f"{kind} {band}" for kind in ("acf", "magnitude") for band in ("low", "mid", "high"))]
    curves += ["coherence low-mid", "coherence low-high", "coherence mid-high", "alignment"]
    names = [f"{curve} at {ratio:.3g}" for curve in curves for ratio in rhythm.ratios]
    names += ["salience", "log tempo", "log tempo^2", "log tempo^3"]
    names += [f"{what} {band}" for what in ("log flux", "flux spread") for band in ("all", "low", "mid", "high")]
    return [*names, "level low", "level mid", "level high", "level spread", "log onset rate"]


def features(
    found: Periodicity,
    values: np.ndarray,
    curves: np.ndarray,
    log_mel: np.ndarray,
    rate: float,
    places: np.ndarray,
    rhythm: Rhythm = RHYTHM,
) -> np.ndarray:
    """Features of each candidate, float64 [candidates, features]: what repeats at its multiples, in which bands, and how they interlock.

    Parameters
    ----------
    values
        Salience of each tempo [points], by which the candidates were found.
    """
    octave, magnitude = rhythm.perOctave, found.magnitude
    shared = clip_features(curves, log_mel, rate, rhythm)
    described = [found.acf[0], magnitude[0], *found.acf[1:], *magnitude[1:], *_coherence(found), _alignment(found, rhythm)]
    salient, steps = values / max(values.max(), 1e-9), octave * np.log2(np.array(rhythm.ratios))
    rows = []
    for place in places:
        log_tempo = (place - rhythm.place_of(120.0)) / octave
        own = [_at(salient, place), log_tempo, log_tempo**2, log_tempo**3]
        rows.append(np.concatenate([*(_at(curve, place + steps) for curve in described), own, shared]))
    return np.array(rows)


def clip_features(curves: np.ndarray, log_mel: np.ndarray, rate: float, rhythm: Rhythm = RHYTHM) -> np.ndarray:
    """What is said of the whole recording, the same for each candidate, float64 [13]."""
    mean, deviation = curves.mean(axis=1), curves.std(axis=1)
    level = log_mel.mean(axis=0, dtype=np.float64)
    bands = [level[: rhythm.lowBands].mean(), level[rhythm.lowBands : rhythm.highBands].mean(), level[rhythm.highBands :].mean()]
    loudness = log_mel.mean(axis=1, dtype=np.float64)
    steady = [(np.array(bands) - level.mean()) / 20, [loudness.std() / 20], [np.log(onset_rate(curves[0], rate) + 0.1)]]
    return np.concatenate([np.log(mean + 0.01), deviation / np.maximum(mean, 1e-9), *steady])


def onset_rate(curve: np.ndarray, rate: float) -> float:
    """Onsets a second: local maxima above the mean by half a standard deviation."""
    inner = curve[1:-1]
    peaks = (inner > curve[:-2]) & (inner >= curve[2:]) & (inner > curve.mean() + 0.5 * curve.std())
    return float(peaks.sum() * rate / len(curve))


def _coherence(found: Periodicity) -> np.ndarray:
    """How much two bands move together at each tempo, -1 in turns to 1 at once, [3, points]."""
    spectrum = found.spectrum
    power = (np.abs(spectrum) ** 2).sum(axis=0)
    crossed = [(spectrum[:, one] * spectrum[:, other].conj()).real.sum(axis=0) for one, other in _PAIRS]
    return np.stack([cross / np.sqrt(power[one] * power[other] + 1e-12) for cross, (one, other) in zip(crossed, _PAIRS, strict=True)])


def _alignment(found: Periodicity, rhythm: Rhythm) -> np.ndarray:
    """Whether the strokes at double the tempo coincide with those at each tempo, -1 to 1, [points]."""
    one = found.spectrum[:, 0]
    double = np.concatenate([one[:, rhythm.perOctave :], np.zeros((len(one), rhythm.perOctave))], axis=1)
    squared = one**2
    scale = np.sqrt((np.abs(double) ** 2).sum(axis=0) * (np.abs(squared) ** 2).sum(axis=0) + 1e-12)
    return (double * squared.conj()).real.sum(axis=0) / scale


def _at(values: np.ndarray, places: float | np.ndarray) -> float | np.ndarray:
    """Values between points of the grid, linear; 0 outside it."""
    return np.interp(places, np.arange(len(values)), values, left=0.0, right=0.0)
