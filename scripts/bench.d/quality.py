"""What the quality stage adds to landing and normalising a million events: seconds and CPU, measured in one call."""

import argparse
import dataclasses
import os
import tempfile
from pathlib import Path

from ingest import config_in, run_of, timed, write_events
from machine import machine

from cdp_spark.config import Config
from cdp_spark.config.quality import QualityConfig
from cdp_spark.config.tracking_plan import TrackingPlanConfig
from cdp_spark.ingest.step import STEP as INGEST
from cdp_spark.normalize.step import STEP as NORMALIZE
from cdp_spark.quality.step import STEP as QUALITY

RULES = [
    {"id": "has_time", "table": "events", "field": "received_ts", "not_null": True},
    {"id": "price_is_small", "table": "events", "field": "properties.price", "range": {"min": 0, "max": 1000}},
    {"id": "currency", "table": "events", "field": "properties.currency", "pattern": "currency"},
    {"id": "not_ahead", "table": "events", "field": "event_ts", "not_future": "1d"},
    {"id": "no_word_for_an_id", "table": "events", "field": "anonymous_id", "no_placeholder": True},
]  # fmt: skip
PLAN = {"events": {"Product Viewed": {"required": {"product_id": "text", "price": "number"}, "others": "allow"}}}


def with_rules(config: Config) -> Config:
    """The configuration with rules and a tracking plan."""
    return dataclasses.replace(
        config,
        quality=QualityConfig.model_validate({"rules": RULES}),
        tracking_plan=TrackingPlanConfig.model_validate(PLAN),
    )


def main() -> None:
    """Lands and normalises the same events without and with rules and a plan, then measures them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2, help="after a first, cold one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plain = config_in(Path(folder))
        write_events(Path(plain.landing) / "web", options.rows)
        print(f"{machine()}; load {os.getloadavg()[0]:.1f} at the start; {options.rows:,} events")
        for i in range(options.rounds + 1):
            for name, config in (("without rules", plain), ("5 rules and a plan", with_rules(plain))):
                run = run_of(config)
                land = timed(INGEST, run)
                normalise = timed(NORMALIZE, run)
                measure = timed(QUALITY, run)
                share = measure[1] / (land[1] + normalise[1])
                print(
                    f"{'cold' if i == 0 else 'warm'}, {name}: land {land[0]:.1f} s (CPU {land[1]:.1f}), normalise"
                    f" {normalise[0]:.1f} s (CPU {normalise[1]:.1f}), quality {measure[0]:.1f} s (CPU {measure[1]:.1f}):"
                    f" {share:.0%} of the CPU of both",
                    flush=True,
                )


if __name__ == "__main__":
    main()
