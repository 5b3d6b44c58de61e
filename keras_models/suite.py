"""Finds the models: every module of this package that defines ``SPEC`` is one, so adding a model is adding its file."""

from __future__ import annotations

import ast
import importlib
from functools import cache
from pathlib import Path

from keras_models.spec import ModelSpec


class UnknownModelError(Exception):
    """A model was asked for that no module defines."""


@cache
def model_names() -> tuple[str, ...]:
    """Names of all models, sorted, without importing them."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.py") if _defines_spec(path)))


def load_spec(name: str) -> ModelSpec:
    """Import one model's module and return its spec.

    Raises
    ------
    UnknownModelError
        If there is no such model.
    """
    if name not in model_names():
        raise UnknownModelError(f"unknown model {name!r}; expected one of {', '.join(model_names())}")
    spec = importlib.import_module(f"keras_models.{name}").SPEC
    if spec.name != name:
        raise UnknownModelError(f"keras_models/{name}.py: expected SPEC.name {name!r}, got {spec.name!r}")
    return spec


def _defines_spec(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    targets = (target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets)
    return any(isinstance(target, ast.Name) and target.id == "SPEC" for target in targets)
