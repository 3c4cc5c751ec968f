"""Probabilistic matching: records of one person that share no identifier.

Reads records whose columns have a kind each (``config.matching.Kind``); nothing else is configured and no label is
ever read. The way: values as codes (``columns``, ``tokens``) → pairs that share a blocking key (``blocking``) →
agreement levels of each pair (``comparisons``) → the Fellegi-Sunter model, by expectation maximisation on the
pattern counts over the space of all pairs (``em``, ``training``) → a weight in bits a pair (``scoring``) → other
names of one value, learnt from provisional clusters (``aliases``) → average-linkage clusters (``linkage``,
``clusters``), which do not chain as components at a threshold do.

It must always hold: the same records in any order give the same model and clusters; scores are symmetric; a value
that is missing on either side says nothing.
"""
