"""spark-submit --py-files WHEEL jobs/run_pipeline.py --config conf --as-of TIME --run-id nightly."""

import sys

from cdp_spark.pipeline import STEP_NAMES, run_job

if __name__ == "__main__":
    sys.exit(run_job(STEP_NAMES))
