"""cdp.yml: who the company is and where its data lives."""

from typing import Literal

from pydantic import Field, field_validator

from cdp_spark.config.base import Name, Strict


class RuntimeConfig(Strict):
    """How Spark runs where nobody else decides."""

    profile: Literal["test", "local", "cluster"] = Field(
        default="local",
        description="test starts fast, local runs fast on one machine, cluster leaves all to spark-submit",
    )
    driver_memory: str = Field(default="3g", pattern=r"^[1-9][0-9]*[mg]$", description="Memory of a local driver")


class ProjectConfig(Strict):
    """cdp.yml."""

    name: Name = Field(description="Short name of the company or project")
    warehouse: str = Field(
        default="data/warehouse", description="Root of the Delta tables: a folder or a URI like s3a://bucket/cdp"
    )
    catalog: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_]+$",
        description="Catalog to use instead of a root, e.g. main on Databricks",
    )
    landing: str = Field(default="data/landing", description="Root of the raw files that sources name")
    output: str = Field(default="data/output", description="Where exports and reports are written")
    timezone: str = Field(default="UTC", description="Zone for calendar windows and for times without one")
    country: str = Field(
        default="US", pattern=r"^[A-Z]{2}$", description="Region of phone numbers without a country code"
    )
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$", description="Currency of the company")
    runtime: RuntimeConfig = RuntimeConfig()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as e:
            raise ValueError(f"{zone!r} is no time zone; use a name like Europe/Vienna") from e
        return zone
