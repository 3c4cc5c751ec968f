"""The configured namespaces as columns: a namespace's priority, and what holds for a priority.

Past the evidence a namespace travels as its priority, a small number. All unknown namespaces share the last one:
they are neither strong nor devices and have no limit.
"""

from collections.abc import Callable

from pyspark.sql import Column
from pyspark.sql import functions as F

from cdp_spark.config.identity import IdentityConfig, Namespace

_PLACEHOLDERS = ("-1", "null", "none", "nil", "nan", "n/a", "na", "unknown", "undefined", "not set", "(not set)", "anonymous",
                 "invalid", "test", "true", "false", "[object object]")  # fmt: skip
# What people and forms put where an address or a number is demanded.
_DEMANDED = ("test@test.com", "test@test.de", "test@test.at", "test@example.com", "noemail@example.com", "noemail@noemail.com",
             "noemail@email.com", "no@email.com", "no@no.com", "none@none.com", "na@na.com", "a@a.com", "asdf@asdf.com",
             "email@email.com", "email@example.com", "unknown@unknown.com")  # fmt: skip
_DEMANDED_NUMBER = r"\A\+?\d{0,4}(123456789|0123456789|1234567890|(\d)\2{7,})\z"
_NOTHING_BUT_ZEROS = r"\A[0\s+\-]*\z"
_LONGEST = 1024
_UNKNOWN = Namespace()


class Namespaces:
    """The namespaces of a configuration, strongest first."""

    def __init__(self, config: IdentityConfig) -> None:
        self.names = tuple(config.namespaces)
        self._rules = (*config.namespaces.values(), _UNKNOWN)

    @property
    def unknown(self) -> int:
        """The priority of every namespace that is not configured."""
        return len(self.names)

    @property
    def counted(self) -> tuple[int, ...]:
        """The priorities whose values are counted against others: all but devices, which people change often."""
        return tuple(i for i, rule in enumerate(self._rules) if not rule.device)

    @property
    def limits(self) -> dict[int, int]:
        """Priority → how many values one person may have."""
        return {i: rule.limit for i, rule in enumerate(self._rules) if rule.limit is not None}

    @property
    def strong(self) -> frozenset[int]:
        """The priorities that name a person by themselves."""
        return frozenset(i for i, rule in enumerate(self._rules) if rule.strong)

    @property
    def forwardable(self) -> frozenset[int]:
        """The priorities whose values travel in links that people forward."""
        return frozenset(i for i, rule in enumerate(self._rules) if rule.forwardable)

    @property
    def shareable(self) -> frozenset[int]:
        """The priorities whose values a household may share: devices, and what can be shared but names nobody by itself."""
        rules = enumerate(self._rules)
        return frozenset(i for i, r in rules if r.device or (r.shared_above is not None and not r.strong))

    def priority(self, namespace: Column) -> Column:
        """INT priority of a namespace's name."""
        known = F.create_map(*[F.lit(x) for i, name in enumerate(self.names) for x in (name, i)])
        return F.coalesce(F.try_element_at(known, namespace), F.lit(self.unknown))

    def name(self, priority: Column) -> Column:
        """The namespace's name; ``unknown`` for the last priority."""
        return F.element_at(F.array(*[F.lit(n) for n in (*self.names, "unknown")]), priority + 1)

    def is_strong(self, priority: Column) -> Column:
        """Whether the namespace names a person by itself."""
        return self._fact(priority, "boolean", lambda rule: rule.strong)

    def is_device(self, priority: Column) -> Column:
        """Whether the namespace names a browser or an installation."""
        return self._fact(priority, "boolean", lambda rule: rule.device)

    def is_forwardable(self, priority: Column) -> Column:
        """Whether the namespace's values travel in links that people forward."""
        return self._fact(priority, "boolean", lambda rule: rule.forwardable)

    def limit(self, priority: Column) -> Column:
        """How many values one person may have, NULL without a limit."""
        return self._fact(priority, "int", lambda rule: rule.limit)

    def values_a_person(self, priority: Column) -> Column:
        """How many values of the namespace one person explains: its limit, else 1 where it is strong, else NULL."""
        return self._fact(priority, "int", lambda rule: rule.limit or (1 if rule.strong else None))

    def shared_above(self, priority: Column) -> Column:
        """Above how many persons an identifier is shared, NULL for never."""
        return self._fact(priority, "int", lambda rule: rule.shared_above)

    def generic_above(self, priority: Column) -> Column:
        """Above how many identifiers of one kind an identifier is a placeholder."""
        return self._fact(priority, "int", lambda rule: rule.generic_above)

    def block_reason(self, priority: Column, value: Column) -> Column:
        """``placeholder`` or ``configured`` for a value that never identifies, else NULL."""
        text = F.lower(F.trim(value))
        placeholder = text.isin(*_PLACEHOLDERS, *_DEMANDED) | text.rlike(_NOTHING_BUT_ZEROS)
        placeholder = placeholder | (F.length(value) > _LONGEST)
        if "phone" in self.names:
            is_phone = priority == self.names.index("phone")
            placeholder = placeholder | (is_phone & text.rlike(_DEMANDED_NUMBER))
        configured = F.lit(False)
        for i, rule in enumerate(self._rules):
            if rule.blocked:
                configured = configured | ((priority == i) & value.isin(*rule.blocked))
        return F.when(placeholder, "placeholder").when(configured, "configured")

    def _fact(self, priority: Column, type_: str, fact: Callable[[Namespace], bool | int | None]) -> Column:
        return F.element_at(F.array(*[F.lit(fact(rule)).cast(type_) for rule in self._rules]), priority + 1)
