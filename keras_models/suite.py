"""Finds the models and packs: a module of this package that defines ``SPEC`` or ``PACK`` is one, so adding one is adding its file."""

from __future__ import annotations

import ast
import importlib
from functools import cache
from pathlib import Path
from typing import Any

from keras_models.pack import PackSpec
from keras_models.spec import ModelSpec


class UnknownModelError(Exception):
    """A model was asked for that no module defines."""


@cache
def model_names() -> tuple[str, ...]:
    """Names of all models, sorted, without importing them."""
    return _modules_with("SPEC")


@cache
def pack_names() -> tuple[str, ...]:
    """Names of all packs, sorted, without importing them."""
    return _modules_with("PACK")


def load_spec(name: str) -> ModelSpec:
    """Import one model's module and return its spec.

    Raises
    ------
    UnknownModelError
        If there is no such model.
    """
    return _load(name, model_names(), "SPEC")


def load_pack(name: str) -> PackSpec:
    """Import one pack's module and return its spec.

    Raises
    ------
    UnknownModelError
        If there is no such pack.
    """
    return _load(name, pack_names(), "PACK")


def load_any(name: str) -> ModelSpec | PackSpec:
    """The spec of a model or of a pack.

    Raises
    ------
    UnknownModelError
        If there is neither.
    """
    if name in pack_names():
        return load_pack(name)
    return _load(name, model_names(), "SPEC", known=(*model_names(), *pack_names()))


def _load(name: str, names: tuple[str, ...], variable: str, *, known: tuple[str, ...] = ()) -> Any:
    if name not in names:
        raise UnknownModelError(f"unknown model {name!r}; expected one of {', '.join(known or names)}")
    spec = getattr(importlib.import_module(f"keras_models.{name}"), variable)
    if spec.name != name:
        raise UnknownModelError(f"keras_models/{name}.py: expected {variable}.name {name!r}, got {spec.name!r}")
    return spec


def _modules_with(variable: str) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.py") if _defines(path, variable)))


def _defines(path: Path, variable: str) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    targets = (target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets)
    return any(isinstance(target, ast.Name) and target.id == variable for target in targets)
