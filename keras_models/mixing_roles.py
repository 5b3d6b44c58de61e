"""Which role a stem plays and how loud it wants to be: two linear models over its features. Twin of the runtime's mixing/roles.ts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from datasets.multitracks import ROLES
from keras_models.mixing_objective import Aim

LIMIT = 3.0  # standard deviations; what lies further out than any training stem tells no more than the outermost did
# By role: how strongly it belongs in the centre, how far off it stands where it does not, and the highest corner of its high-pass in Hz.
# Chosen, not learned, after what mixing engineers do: General MIDI renders have no positions to learn from.
AIMS = {
    "drums": {"centre": 1.0, "position": 0.0, "highPassHz": 40},
    "bass": {"centre": 1.0, "position": 0.0, "highPassHz": 30},
    "voice": {"centre": 1.0, "position": 0.0, "highPassHz": 100},
    "keys": {"centre": 0.2, "position": 0.5, "highPassHz": 80},
    "other": {"centre": 0.1, "position": 0.7, "highPassHz": 120},
}


@dataclass(frozen=True, eq=False, kw_only=True)
class RoleModel:
    """What was learned of roles.

    Attributes
    ----------
    mean, scale
        float64 [features].
    weights, bias
        float64 [features, roles] and [roles]: logits.
    role_levels, feature_levels
        float64 [roles] and [features], LU: what a stem's loudness is expected to be against the others'.
    level_limit
        Bound on what the features add, LU.
    """

    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    bias: np.ndarray
    role_levels: np.ndarray
    feature_levels: np.ndarray
    level_limit: float

    def odds(self, features: np.ndarray) -> np.ndarray:
        """float64 [n, roles]: probabilities."""
        logits = standardised(features, self.mean, self.scale) @ self.weights + self.bias
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def levels(self, features: np.ndarray, odds: np.ndarray) -> np.ndarray:
        """float64 [n], LU; only differences within a mix count."""
        by_sound = np.clip(standardised(features, self.mean, self.scale) @ self.feature_levels, -self.level_limit, self.level_limit)
        return odds @ self.role_levels + by_sound

    def aims(self, features: np.ndarray, odds: np.ndarray) -> list[Aim]:
        """What is wanted of each stem."""
        levels = self.levels(features, odds)
        expected = {name: odds @ [AIMS[role][name] for role in ROLES] for name in ("centre", "position")}
        rows = zip(levels, expected["centre"], expected["position"], strict=True)
        return [Aim(levelDb=float(level), centre=float(centre), position=float(position)) for level, centre, position in rows]


def standardised(features: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """float64 [n, features] in standard deviations, within the limit."""
    return np.clip((features - mean) / scale, -LIMIT, LIMIT)


def certain(roles: Sequence[str]) -> np.ndarray:
    """float64 [n, roles]: all on the role given."""
    return np.eye(len(ROLES))[[ROLES.index(role) for role in roles]]


def from_config(config: Mapping[str, Any]) -> RoleModel:
    """The model that a checkpoint's config holds."""
    arrays = {name: np.array(config[name]) for name in ("mean", "scale", "weights", "bias", "role_levels", "feature_levels")}
    return RoleModel(**arrays, level_limit=config["level_limit"])


def to_config(model: RoleModel) -> dict[str, Any]:
    """What ``from_config`` reads, rounded to six digits: that is all that is ever used of it."""
    rounded = {
        name: np.round(getattr(model, name), 6).tolist() for name in ("mean", "scale", "weights", "bias", "role_levels", "feature_levels")
    }
    return rounded | {"level_limit": model.level_limit}
