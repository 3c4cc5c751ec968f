# Databricks notebook source
# MAGIC %md
# MAGIC # A tour of the published tables
# MAGIC Runs as plain Python after `./scripts/demo`, or in a workspace with the wheel installed. Shows counts, no personal data.

# COMMAND ----------
from pathlib import Path

from cdp_spark.contracts.gold import ATTRIBUTION, AUDIENCE_MEMBERS, PROFILES
from cdp_spark.opening import reader

config, spark, published = reader(Path("conf"))

# COMMAND ----------
# MAGIC %md
# MAGIC ## Who is known

# COMMAND ----------
published.read(PROFILES).groupBy("is_anonymous").count().show()

# COMMAND ----------
# MAGIC %md
# MAGIC ## Audiences

# COMMAND ----------
published.read(AUDIENCE_MEMBERS).groupBy("audience").count().orderBy("audience").show(truncate=False)

# COMMAND ----------
# MAGIC %md
# MAGIC ## Credit by channel

# COMMAND ----------
credit = published.read(ATTRIBUTION).groupBy("model", "channel", "currency").sum("conversions", "value")
credit.orderBy("model", "channel", "currency").show(50, truncate=False)
