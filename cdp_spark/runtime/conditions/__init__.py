"""What traits and audiences share: facts of a person, time windows, properties and comparisons, as Columns.

Traits belong to the stage profiles and conditions to the stage audiences; a stage imports no other, so what both
need to read the same words in the same way lives here. Nothing here does I/O. Configuration comes in as its typed
models and leaves as Columns made of functions and literals; no text of a configuration becomes SQL.

``windows`` says when, ``properties`` reads the JSON of events and orders, ``comparisons`` compares, ``facts`` brings
events into the shape that both stages aggregate: one row a fact, with its person.
"""
