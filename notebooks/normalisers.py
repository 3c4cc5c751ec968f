# Databricks notebook source
# MAGIC %md
# MAGIC # Normal forms of fields, as Columns and in SQL
# MAGIC Runs as plain Python, or in a workspace with the wheel installed. The addresses and numbers are made up.

# COMMAND ----------
from pyspark.sql import functions as F

from cdp_spark.normalize.fields.addresses import city_key, house_number, street_key
from cdp_spark.normalize.fields.email import normalized_email
from cdp_spark.normalize.fields.phone import normalized_phone
from cdp_spark.normalize.functions import FUNCTIONS, register
from cdp_spark.runtime.session import open_session

spark = open_session("cdp:notebook", "local", "1g")

# COMMAND ----------
# MAGIC %md
# MAGIC ## As Columns, on any frame

# COMMAND ----------
contacts = spark.createDataFrame(
    [
        (" Ana@Example.com", "0664 1234567", "AT", "Große Neugasse 12/3", "Wien (Neubau)"),
        ("ana@example.com ", "+43 664 123 45 67", None, "Grosse Neug. 12/3", "WIEN"),
        ("n/a", "12", "AT", "12 Main Street", "Springfield"),
    ],
    "email STRING, phone STRING, country STRING, street STRING, city STRING",
)
contacts.select(
    normalized_email(F.col("email")).alias("email"),
    normalized_phone(F.col("phone"), F.col("country")).alias("phone"),
    street_key(F.col("street")).alias("street"),
    house_number(F.col("street")).alias("number"),
    city_key(F.col("city")).alias("city"),
).show(truncate=False)

# COMMAND ----------
# MAGIC %md
# MAGIC ## In SQL, after one call

# COMMAND ----------
register(spark)
print("\n".join(f"{name}({', '.join(f.parameters)}) -> {f.returns}" for name, f in FUNCTIONS.items()))

# COMMAND ----------
contacts.createOrReplaceTempView("contacts")
spark.sql(
    """
    select cdp_email(email) as email, cdp_phone(phone, country) as phone, count(*) as records
    from contacts group by all order by records desc, email
    """
).show(truncate=False)
spark.sql(
    """
    select cdp_url_parameter(url, 'utm_source') as source, cdp_click_id_kind(url) as kind, cdp_click_id(url) as click
    from values ('https://shop.example.com/?utm_source=news&gclid=abc'), ('https://shop.example.com/') as visits(url)
    """
).show(truncate=False)
