"""spark-submit --py-files cdp_spark.whl jobs/run_pipeline.py --config conf --as-of 2026-03-01T00:00:00Z --run-id nightly."""

import sys

from cdp_spark.pipeline import STEP_NAMES, run_job

if __name__ == "__main__":
    sys.exit(run_job(STEP_NAMES))
