"""Connected components of the links, by one of three engines with one contract.

Every engine takes edges (src, dst as BIGINT) and gives a label for each node that has an edge: (node_id,
raw_component), the label being the smallest node id of the component. So labels do not depend on the engine, a
label lies in its own component, and labels of different components never clash. ``labelled_nodes`` gives all nodes theirs;
a node without an edge is its own component.
"""

from cdp_spark.identity.components.choose import DRIVER, Engine, chosen_engine, edge_labels, labelled_nodes

__all__ = ["DRIVER", "Engine", "chosen_engine", "edge_labels", "labelled_nodes"]
