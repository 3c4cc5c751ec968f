"""What Spark says of a failure, with the causes that PySpark keeps to itself. For telling kinds apart, never for people:
it quotes values.
"""

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

SparkFailure = (PySparkException, Py4JJavaError)  # which of them depends on where in the JVM it came from


def failure_text(error: Exception) -> str:
    """Message and Java stack trace, causes included."""
    return f"{error}\n{getattr(error, '_stackTrace', None) or ''}"
