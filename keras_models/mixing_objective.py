"""What the search for a mix makes smaller: a sum of stated terms over band powers. Twin of the runtime's mixing/objective.ts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from datasets.stem_bands import band_centres
from keras_models.mixing_scene import SceneStem, k_weights, lufs

EQ_BANDS = (
    {"kind": "lowShelf", "frequency": 120.0, "q": 0.7},
    {"kind": "peaking", "frequency": 400.0, "q": 0.8},
    {"kind": "peaking", "frequency": 2500.0, "q": 0.8},
    {"kind": "highShelf", "frequency": 8000.0, "q": 0.7},
)
BUTTERWORTH_Q = 0.5**0.5
COMPRESSOR = {"kneeDb": 6.0, "attackMs": 15.0, "releaseMs": 150.0, "rangeDb": 12.0}
LOUDNESS_EXPONENT = 0.25
RULES = {
    "spreadUpDb": 10.0,  # how fast masking falls per band towards higher bands, and towards lower ones
    "spreadDownDb": 25.0,
    "audibleDb": -40.0,  # of a stem's strongest band and segment: weaker ones are not missed when they are masked
    "balanceDb": 6.0,  # the error that counts as 1
    "crestDb": 14.0,  # what peaks may stand above the mix's loudness for free
    "crestRangeDb": 12.0,
    "imbalanceDb": 6.0,
    "offPosition": 0.3,  # the distance from its position that counts as 1; (right - left) / (right + left) of powers
    "spectrumDb": 6.0,
    "spectrumLimitDb": 20.0,
    "weights": {"balance": 8.0, "masking": 10.0, "headroom": 0.2, "stereo": 0.5, "spectrum": 0.5, "processing": 0.5},
}


@dataclass(frozen=True, kw_only=True)
class StemSettings:
    """What is done to one stem, in the order of the chain; all neutral by default.

    Attributes
    ----------
    highPassHz
        Corner of a second-order Butterworth high-pass; 0 is none.
    eqDb
        Gains of the four bands of ``EQ_BANDS``.
    ratio
        Of the compressor, whose threshold is the stem's own mean level; 1 is none.
    gainDb, pan
        Level and position after it; pan -1 to 1 at constant power.
    """

    highPassHz: float = 0.0
    eqDb: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    ratio: float = 1.0
    gainDb: float = 0.0
    pan: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What is wanted of one stem.

    Attributes
    ----------
    levelDb
        Its loudness in LU; only differences between stems count.
    centre, position
        How strongly it belongs in the centre, 0 to 1, and how far off it stands where it does not, 0 to 1.
    """

    levelDb: float
    centre: float
    position: float


def objective(
    stems: Sequence[SceneStem],
    settings: Sequence[StemSettings],
    aims: Sequence[Aim],
    rate: float,
    reference: np.ndarray | None = None,
) -> Mapping[str, float]:
    """All terms and their weighted ``total``; 0 is perfect.

    Parameters
    ----------
    reference
        float64 [40]: mean band powers of a mix to come close to; None leaves the term out.
    """
    heard = [index for index, stem in enumerate(stems) if not stem.silent]
    if not heard:
        return dict.fromkeys((*RULES["weights"], "total"), 0.0)
    weights = k_weights()
    processed = [_process(stems[index], settings[index], rate, weights) for index in heard]
    power = np.array([[left, right] for left, right, _, _ in processed])  # [stems, channels, segments, bands]
    active = np.array([stems[index].active for index in heard])
    level = lufs(np.array([(each.sum(axis=0) @ weights)[on].mean() for each, on in zip(power, active, strict=True)]))
    wanted = np.array([aims[index].levelDb for index in heard])
    mix = power.sum(axis=0)
    terms = {
        "balance": float(np.mean((level - level.mean() - wanted + wanted.mean()) ** 2) / RULES["balanceDb"] ** 2),
        "masking": _masking(power, active),
        "headroom": _headroom(sum(peaks for _, _, peaks, _ in processed), lufs(np.einsum("ctb,b->", mix, weights) / mix.shape[1])),
        "stereo": _stereo(power, weights, [aims[index] for index in heard]),
        "spectrum": 0.0 if reference is None else _spectrum(mix.mean(axis=1).sum(axis=0), reference, weights),
        "processing": float(np.mean([cost for *_, cost in processed])),
    }
    return terms | {"total": sum(RULES["weights"][name] * value for name, value in terms.items())}


def response(settings: StemSettings, rate: float) -> np.ndarray:
    """float64 [40]: power gain of high-pass and equalizer at the bands' centres."""
    filters = [{"kind": "highPass", "frequency": settings.highPassHz, "q": BUTTERWORTH_Q, "gain": 0.0}] if settings.highPassHz > 0 else []
    filters += [band | {"gain": gain} for band, gain in zip(EQ_BANDS, settings.eqDb, strict=True) if gain != 0]
    z = np.exp(-2j * np.pi * band_centres() / rate)
    whole = np.ones(len(z))
    for each in filters:
        b, a = biquad(each["kind"], each["frequency"], each["q"], each["gain"], rate)
        whole = whole * np.abs(np.polyval(b[::-1], z) / np.polyval(a[::-1], z)) ** 2
    return np.where(band_centres() < rate / 2, whole, 0.0)


def biquad(kind: str, frequency: float, q: float, gain_db: float, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """(b, a) after R. Bristow-Johnson's cookbook, which the runtime's designs follow too."""
    omega = 2 * np.pi * min(frequency / rate, 0.49)
    cos, alpha, a = np.cos(omega), np.sin(omega) / (2 * q), 10 ** (gain_db / 40)
    if kind == "highPass":
        return np.array([(1 + cos) / 2, -1 - cos, (1 + cos) / 2]), np.array([1 + alpha, -2 * cos, 1 - alpha])
    if kind == "peaking":
        return np.array([1 + alpha * a, -2 * cos, 1 - alpha * a]), np.array([1 + alpha / a, -2 * cos, 1 - alpha / a])
    side = 1 if kind == "lowShelf" else -1
    root = 2 * np.sqrt(a) * alpha
    b0, b1, b2 = a * (a + 1 - side * (a - 1) * cos + root), 2 * a * side * (a - 1 - side * (a + 1) * cos), None
    b2 = a * (a + 1 - side * (a - 1) * cos - root)
    a0, a1 = a + 1 + side * (a - 1) * cos + root, -2 * side * (a - 1 + side * (a + 1) * cos)
    return np.array([b0, b1, b2]), np.array([a0, a1, a + 1 + side * (a - 1) * cos - root])


def pan_gains(pan: float) -> tuple[float, float]:
    """Amplitude gains of left and right: constant power, both 1 in the centre."""
    angle = (pan + 1) * np.pi / 4
    return float(np.sqrt(2) * np.cos(angle)), float(np.sqrt(2) * np.sin(angle))


def threshold_db(stem: SceneStem) -> float:
    """Mean level of the active segments in the louder channel, dBFS of the mean square."""
    level = np.maximum(stem.left.sum(axis=1), stem.right.sum(axis=1))
    return float(10 * np.log10(np.maximum(level[stem.active].mean(), 1e-20)))


def reduction_db(level: np.ndarray, threshold: float, ratio: float) -> np.ndarray:
    """Reduction that the compressor's curve asks for: quadratic knee (Giannoulis, Massberg, Reiss 2012)."""
    knee, slope, over = COMPRESSOR["kneeDb"], 1 - 1 / ratio, level - threshold
    soft = slope * np.maximum(over + knee / 2, 0) ** 2 / (2 * knee)
    return np.minimum(np.where(over >= knee / 2, slope * over, soft), COMPRESSOR["rangeDb"])


def _process(stem: SceneStem, settings: StemSettings, rate: float, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """(left, right, peaks, cost) of a stem after its settings; the compressor's makeup keeps its loudness."""
    shape = response(settings, rate)
    left, right = stem.left * shape, stem.right * shape
    gain = np.full(len(left), 10 ** (settings.gainDb / 10))
    if settings.ratio > 1:
        louder = np.maximum(left.sum(axis=1), right.sum(axis=1))
        reduced = 10 ** (-reduction_db(10 * np.log10(np.maximum(louder, 1e-20)), threshold_db(stem), settings.ratio) / 10)
        power = (left + right) @ weights
        gain = gain * reduced * power[stem.active].sum() / np.maximum((power * reduced)[stem.active].sum(), 1e-20)
    to_left, to_right = (factor**2 for factor in pan_gains(settings.pan))
    cost = 0.25 * sum(value**2 for value in settings.eqDb) / 36 + 0.1 * (settings.ratio - 1)
    cost += 0.05 * (settings.highPassHz > 0)
    peaks = stem.peaks * gain * max(to_left, to_right)
    return left * (gain * to_left)[:, None], right * (gain * to_right)[:, None], peaks, cost


def _masking(power: np.ndarray, active: np.ndarray) -> float:
    """Share of a stem's loudness that the others take, averaged over stems.

    Partial loudness ``(signal + others)^a - others^a`` after Moore, Glasberg and Baer (1997), simplified.
    """
    spread = _spread(power)
    others = np.maximum(spread.sum(axis=0) - spread, 0)
    partial = (power + others) ** LOUDNESS_EXPONENT - others**LOUDNESS_EXPONENT
    alone = power**LOUDNESS_EXPONENT
    audible = (power > power.max(axis=(1, 2, 3), keepdims=True) * 10 ** (RULES["audibleDb"] / 10)) & active[:, None, :, None]
    return float(np.mean([1 - lost[on].sum() / whole[on].sum() for lost, whole, on in zip(partial, alone, audible, strict=True)]))


def _spread(power: np.ndarray) -> np.ndarray:
    """What each band's power masks in its neighbours, exponential both ways."""
    up, down = (10 ** (-RULES[name] / 10) for name in ("spreadUpDb", "spreadDownDb"))
    above, below = power.copy(), power.copy()
    for band in range(1, power.shape[-1]):
        above[..., band] += up * above[..., band - 1]
        below[..., -1 - band] += down * below[..., -band]
    return above + below - power


def _headroom(peaks: np.ndarray, loudness: float) -> float:
    """How far the peaks, added as powers, stand above the mix's loudness beyond what is free."""
    crest = 10 * np.log10(max(peaks.max(), 1e-20)) - loudness
    return float(max(0.0, (crest - RULES["crestDb"]) / RULES["crestRangeDb"]) ** 2)


def _stereo(power: np.ndarray, weights: np.ndarray, aims: Sequence[Aim]) -> float:
    """Left against right of the mix, and each stem's distance from where it belongs."""
    sides = np.einsum("sctb,b->sc", power, weights)
    left, right = np.maximum(sides.sum(axis=0), 1e-20)
    imbalance = (10 * np.log10(left / right) / RULES["imbalanceDb"]) ** 2
    position = (sides[:, 1] - sides[:, 0]) / np.maximum(sides.sum(axis=1), 1e-20)
    off = [aim.centre * at**2 + (1 - aim.centre) * (abs(at) - aim.position) ** 2 for aim, at in zip(aims, position, strict=True)]
    return float(imbalance + np.mean(off) / RULES["offPosition"] ** 2)


def _spectrum(mix: np.ndarray, reference: np.ndarray, weights: np.ndarray) -> float:
    """Mean squared difference of two long-term spectra in dB, each at its own loudness, bounded per band."""
    ours, theirs = (10 * np.log10(np.maximum(each / max(each @ weights, 1e-20), 1e-6)) for each in (mix, reference))
    limit = RULES["spectrumLimitDb"]
    return float(np.mean(np.clip(ours - theirs, -limit, limit) ** 2) / RULES["spectrumDb"] ** 2)
