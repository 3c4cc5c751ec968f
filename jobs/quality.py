"""spark-submit --py-files WHEEL jobs/quality.py --config conf --as-of TIME --run-id nightly."""

import sys

from cdp_spark.pipeline import run_job

if __name__ == "__main__":
    sys.exit(run_job(["quality"]))
