"""One :class:`TableContract` a table: columns, key, meaning, personal data, retention.

``bronze``, ``silver``, ``identity``, ``gold`` and ``ops`` hold the contracts of their layer. A contract is
plain data: importing it needs no JVM. What becomes a table leaves a stage through ``CONTRACT.shape(frame)``,
one select that names, orders and casts every column. Create statements, table properties, the column
reference and the choice of columns that may carry statistics are derived from the contract.
"""

from cdp_spark.contracts.table import Column, Pii, TableContract

__all__ = ["Column", "Pii", "TableContract"]
