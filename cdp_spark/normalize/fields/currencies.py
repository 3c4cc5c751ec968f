"""Currencies: ISO 4217, as published on 2026-01-01, and those withdrawn since 2010, which old orders are in.

Units of account, precious metals and the codes for tests and for no currency are none.
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

# Digits after the decimal sign → codes.
_CODES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF BYR",
    2: """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP
          COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR
          JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN
          NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL
          THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
          ANG BGN CUC EEK HRK LTL LVL MRO SLL STD VEF ZMK ZWL""",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}  # fmt: skip
DIGITS = {code: digits for digits, codes in _CODES.items() for code in codes.split()}
_USUAL = 2


def normalized_currency(raw: Column) -> Column:
    """The code in capitals; NULL when there is no such currency."""
    code = F.upper(F.trim(raw))
    return F.when(code.isin(*DIGITS), code)


def units_of(currency: Column) -> Column:
    """How many of its smallest units make one of a currency; a hundred where it is none."""
    code = F.upper(F.trim(currency))
    divisors = [F.when(code.isin(*codes.split()), 10**digits) for digits, codes in _CODES.items() if digits != _USUAL]
    return F.coalesce(*divisors, F.lit(10**_USUAL))
