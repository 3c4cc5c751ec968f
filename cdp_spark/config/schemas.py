"""JSON Schemas of the configuration files, for editors."""

import json
from pathlib import Path
from typing import Any

from cdp_spark.config.load import FOLDERS, SINGLE_FILES
from cdp_spark.config.presets import preset_names
from cdp_spark.config.project import ProjectConfig


def schemas() -> dict[str, dict[str, object]]:
    """File name → JSON Schema: one for each kind of configuration file."""
    models = {"cdp": ProjectConfig}
    models |= {name.removesuffix(".yml"): model for name, model in SINGLE_FILES.items()}  # type: ignore[misc]
    models |= {key: model for key, model in FOLDERS.values()}  # type: ignore[misc]  # all are models
    found = {f"{name}.schema.json": model.model_json_schema(by_alias=True) for name, model in sorted(models.items())}
    return found | {"source.schema.json": _or_with_preset(found["source.schema.json"])}


def _or_with_preset(source: dict[str, Any]) -> dict[str, object]:
    """The schema of a source file: whole, or laid over a preset, where every part may be missing or null."""
    parts = [n for n in source["$defs"] if n in ("Stream", "Mapping", "Lines") or "Read" in n]
    own = {k: v for k, v in source.items() if k != "$defs"}
    changed = _relaxed(own["properties"]["streams"], parts)
    laid_over = own["properties"] | {
        "preset": {"enum": list(preset_names()), "description": "The preset that this file is laid over"},
        "folder": {"type": "string", "description": "Where its files lie below the landing root; default is the name"},
        "streams": {k: v for k, v in changed.items() if k != "minProperties"},
    }
    definitions = source["$defs"] | {f"{n}Change": _relaxed(source["$defs"][n], parts) for n in parts}
    whole = {k: v for k, v in own["properties"].items() if k != "preset"}
    return {
        "$defs": definitions,
        "oneOf": [
            {**own, "properties": whole},
            {**own, "title": "SourceWithPreset", "properties": laid_over, "required": ["source", "preset"]},
        ],
    }


def _relaxed(schema: Any, parts: list[str]) -> Any:
    """A schema in which nothing is required and every entry may be null; ``parts`` are definitions treated alike."""
    if isinstance(schema, list):
        return [_relaxed(s, parts) for s in schema]
    if not isinstance(schema, dict):
        return schema
    if (name := str(schema.get("$ref", "")).removeprefix("#/$defs/")) in parts:
        return {"$ref": f"#/$defs/{name}Change"}
    dropped = ("required", "minItems", "default", "discriminator")
    # Parts of two kinds that nothing tells apart any more may both fit.
    out = {"anyOf" if k == "oneOf" else k: _relaxed(v, parts) for k, v in schema.items() if k not in dropped}
    for entries in ("properties", "patternProperties"):
        if entries in out:
            out[entries] = {k: {"anyOf": [v, {"type": "null"}]} for k, v in out[entries].items()}
    if isinstance(out.get("additionalProperties"), dict):
        out["additionalProperties"] = {"anyOf": [out["additionalProperties"], {"type": "null"}]}
    return out


def write_schemas(folder: Path) -> list[Path]:
    """Writes the schemas into ``folder``; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in schemas().items():
        path = folder / name
        path.write_text(json.dumps(schema, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        written.append(path)
    return written
