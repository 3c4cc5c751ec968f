"""JSON Schemas of the configuration files, for editors."""

import json
from pathlib import Path

from cdp_spark.config.load import FOLDERS, SINGLE_FILES
from cdp_spark.config.project import ProjectConfig


def schemas() -> dict[str, dict[str, object]]:
    """File name → JSON Schema: one for each kind of configuration file."""
    models = {"cdp": ProjectConfig}
    models |= {name.removesuffix(".yml"): model for name, model in SINGLE_FILES.items()}  # type: ignore[misc]
    models |= {key: model for key, model in FOLDERS.values()}  # type: ignore[misc]  # all are models
    return {f"{name}.schema.json": model.model_json_schema(by_alias=True) for name, model in sorted(models.items())}


def write_schemas(folder: Path) -> list[Path]:
    """Writes the schemas into ``folder``; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in schemas().items():
        path = folder / name
        path.write_text(json.dumps(schema, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        written.append(path)
    return written
