"""Addresses of the internet protocol: read, shortened so that they lead to nobody, and told to be a company's own."""

from collections.abc import Sequence
from functools import reduce
from ipaddress import IPv4Network, IPv6Network

from pyspark.sql import Column
from pyspark.sql import functions as F

_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_V4 = rf"\A{_OCTET}(?:\.{_OCTET}){{3}}\z"
_GROUP = r"[0-9a-f]{1,4}"
_V6 = rf"\A(?:{_GROUP}(?::{_GROUP}){{7}}|(?=(?:[^:]*:){{2,7}}[^:]*\z)(?:{_GROUP}(?::{_GROUP})*)?::(?:{_GROUP}(?::{_GROUP})*)?)\z"
_GROUPS = 8


def ip_address(raw: Column) -> Column:
    """The address in lower case, an IPv4 one within IPv6 as IPv4; NULL when it is none. A port is left out."""
    text = F.lower(F.trim(raw))
    bare = F.regexp_replace(text, r"\A\[([^\]]*)\](?::\d+)?\z|\A(\d+(?:\.\d+){3}):\d+\z", "$1$2")
    plain = F.regexp_replace(F.substring_index(bare, "%", 1), r"\A::ffff:(?=\d+\.)", "")
    return F.when(plain.rlike(_V4) | plain.rlike(_V6), plain)


def truncated_ip(address: Column) -> Column:
    """An address of :func:`ip_address` without its host: the first 24 bits of IPv4, the first 48 of IPv6."""
    v4 = F.concat(F.substring_index(address, ".", 3), F.lit(".0"))
    v6 = F.concat(F.concat_ws(":", F.slice(_groups(address), 1, 3)), F.lit("::"))
    return F.when(_is_v6(address), v6).otherwise(v4)


def is_within(address: Column, networks: Sequence[IPv4Network | IPv6Network]) -> Column:
    """Whether an address of :func:`ip_address` belongs to one of the networks; NULL without an address.

    Prefixes are whole hexadecimal digits: 8, 12, 16, …, as the configuration sees to.
    """
    bits = F.when(_is_v6(address), _hex_of_v6(address)).otherwise(_hex_of_v4(address))
    found = [(_is_v6(address) == F.lit(n.version == 6)) & F.startswith(bits, F.lit(_hex_prefix(n))) for n in networks]
    return reduce(lambda any_of, one: any_of | one, found, address.isNotNull() & F.lit(False))


def _is_v6(address: Column) -> Column:
    return F.contains(address, F.lit(":"))


def _groups(address: Column) -> Column:
    """The eight groups of an IPv6 address, those that ``::`` stands for filled in."""
    head = F.split(F.substring_index(address, "::", 1), ":")
    tail = F.split(F.substring_index(address, "::", -1), ":")
    given = [F.array_remove(part, "") for part in (head, tail)]
    zeros = F.array_repeat(F.lit("0"), F.greatest(_GROUPS - F.size(given[0]) - F.size(given[1]), F.lit(0)))
    return F.when(F.contains(address, F.lit("::")), F.concat(given[0], zeros, given[1])).otherwise(
        F.split(address, ":")
    )


def _hex_of_v6(address: Column) -> Column:
    return F.array_join(F.transform(_groups(address), lambda g: F.lpad(g, 4, "0")), "")


def _hex_of_v4(address: Column) -> Column:
    octets = F.split(address, r"\.")
    return F.array_join(F.transform(octets, lambda o: F.lpad(F.lower(F.hex(o.try_cast("int"))), 2, "0")), "")


def _hex_prefix(network: IPv4Network | IPv6Network) -> str:
    return network.network_address.packed.hex()[: network.prefixlen // 4]
