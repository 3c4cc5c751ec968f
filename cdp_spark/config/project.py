"""cdp.yml: who the company is and where its data lives."""

from typing import Literal

from pydantic import Field, IPvAnyNetwork, field_validator

from cdp_spark.config.base import Name, Strict


class RuntimeConfig(Strict):
    """How Spark runs where nobody else decides."""

    profile: Literal["test", "local", "cluster"] = Field(
        default="local",
        description="test starts fast, local runs fast on one machine, cluster leaves all to spark-submit",
    )
    driver_memory: str = Field(default="3g", pattern=r"^[1-9][0-9]*[mg]$", description="Memory of a local driver")


class InternalTraffic(Strict):
    """By what the company's own visits are told from customers'."""

    networks: tuple[IPvAnyNetwork, ...] = Field(
        default=(), description="Networks of offices and servers, e.g. 203.0.113.0/24"
    )
    email_domains: tuple[str, ...] = Field(default=(), description="Domains of the company's own addresses")
    hosts: tuple[str, ...] = Field(
        default=("localhost", "127.0.0.1", "staging.", "test.", "dev.", "preview."),
        description="Beginnings of host names of the company's test sites",
    )
    parameters: tuple[Name, ...] = Field(default=("gtm_debug",), description="URL parameters that only staff use")

    @field_validator("networks")
    @classmethod
    def _of_whole_digits(cls, networks: tuple[IPvAnyNetwork, ...]) -> tuple[IPvAnyNetwork, ...]:
        if odd := [str(n) for n in networks if n.prefixlen % 4]:
            raise ValueError(f"{odd[0]}: write the prefix as a multiple of 4, or the network as several of them")
        return networks

    @field_validator("email_domains")
    @classmethod
    def _in_lower_case(cls, domains: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(d.lower().removeprefix("@") for d in domains)


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
    ip_addresses: Literal["truncated", "dropped", "whole"] = Field(
        default="truncated",
        description="How silver keeps IP addresses: without their last 8 bits (IPv6: the first 48), not at all, or whole",
    )
    internal_traffic: InternalTraffic = InternalTraffic()
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
