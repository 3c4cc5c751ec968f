"""What counts mean: plain functions over measurements, without Spark.

``rows`` says of defects how many rows and persons they concern; ``names``, ``volume``, ``freshness`` and ``fields`` compare a
source with its own past; ``current`` puts all together.
"""
