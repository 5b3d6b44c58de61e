"""The model card: what a person reads before trusting a model, with the figures that were measured and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_models.pack import PackSpec
from keras_models.report import Row
from keras_models.spec import ModelSpec


def model_card(spec: ModelSpec, entry: dict[str, Any], rows: Sequence[Row]) -> str:
    """Markdown from a model's manifest entry and its quality rows."""
    size = sum(file["bytes"] for file in entry["files"])
    return "\n".join(
        [
            *_head(spec),
            f"`suite.{spec.name}.{spec.method}(...)`, {entry['parameters']:,} parameters, {size:,} bytes on the wire.",
            "",
            "## Tensors",
            "",
            "| | name | shape | unit | what |",
            "|---|---|---|---|---|",
            *(_tensor_line(side, tensor) for side in ("inputs", "outputs") for tensor in entry[side]),
            "",
            *_feature_lines(entry["features"]),
            *_record_lines(spec, entry, rows),
        ]
    )


def pack_card(spec: PackSpec, entry: dict[str, Any], rows: Sequence[Row]) -> str:
    """Markdown from a pack's manifest entry and its quality rows."""
    size = sum(file["bytes"] for file in entry["files"])
    return "\n".join([*_head(spec), f"`suite.{spec.name}`, {size:,} bytes on the wire.", "", *_record_lines(spec, entry, rows)])


def _head(spec: ModelSpec | PackSpec) -> list[str]:
    return [f"# {spec.title} (`{spec.name}` {spec.version})", "", spec.summary, ""]


def _record_lines(spec: ModelSpec | PackSpec, entry: dict[str, Any], rows: Sequence[Row]) -> list[str]:
    """What was measured, on what, and under which licence."""
    data = [f"- {item['name']} (sha256 `{item['sha256'][:16]}…`)" for item in entry["provenance"]["data"]]
    provenance = entry["provenance"]
    return [
        "## Measured quality",
        "",
        *_quality_lines(rows),
        "",
        "## Data and licence",
        "",
        *(data or ["- none"]),
        "",
        spec.licence,
        "",
        f"Trained at revision `{provenance['revision']}`, seed {provenance['seed']}.",
        "",
    ]


def _tensor_line(side: str, tensor: dict[str, Any]) -> str:
    shape = ", ".join(["batch", *map(str, tensor["shape"])])
    return f"| {side[:-1]} | `{tensor['name']}` | [{shape}] | {tensor['unit']} | {tensor['description']} |"


def _feature_lines(features: Sequence[dict[str, Any]]) -> list[str]:
    if not features:
        return []
    lines = [
        f"| `{item['name']}` | {item['kind']} | {item['minimum']:g} to {item['maximum']:g} | {item['unit']} | {item['description']} |"
        for item in features
    ]
    return ["## Features", "", "| name | kind | seen in training | unit | what |", "|---|---|---|---|---|", *lines, ""]


def _quality_lines(rows: Sequence[Row]) -> list[str]:
    """One table a data set: a line per variant, a column per metric."""
    lines: list[str] = []
    for data in dict.fromkeys(row.data for row in rows):
        held = [row for row in rows if row.data == data]
        metrics = list(dict.fromkeys(row.metric for row in held))
        values = {(row.backend, row.metric): row for row in held}
        lines += [f"{data}, n = {held[0].n:,}", "", f"| variant | {' | '.join(metrics)} |", f"|---|{'---|' * len(metrics)}"]
        for variant in dict.fromkeys(row.backend for row in held):
            cells = (values.get((variant, metric)) for metric in metrics)
            lines.append(f"| {variant} | {' | '.join(f'{cell.value:.4g}' if cell else '' for cell in cells)} |")
        lines.append("")
    return lines[:-1]
