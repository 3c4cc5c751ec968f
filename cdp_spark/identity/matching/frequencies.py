"""Term frequencies: agreeing on a rare value says more than agreeing on a common one."""

import numpy as np

from cdp_spark.identity.matching.arrays import Floats, Ints
from cdp_spark.identity.matching.columns import Coded


def frequency_bits(column: Coded, rows: Ints) -> Floats:
    """log2 of the chance that two rows agree over the share of the row's own value; 0 where it is null.

    Winkler's adjustment as Splink applies it, log2(u / share); ``u`` is the sum of the squared shares.
    """
    shares = column.shares
    agree = float((shares**2).sum())
    bits = np.log2(agree / np.maximum(shares, np.finfo(float).tiny)) if agree else np.zeros(len(shares))
    return np.append(bits, 0.0)[column.codes[rows]]
