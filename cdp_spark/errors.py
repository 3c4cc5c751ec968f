"""Every error this project raises on purpose: what is wrong, how to mend it, the exit code.

Facts are attributes, so that a caller can look at them; they hold names, counts and keyed hashes,
never a value of a personal-data column. Exit codes: 1 a fault in the program, 2 configuration or usage,
3 data broke a contract or a guard held the run, 75 try again later (the only one to retry).
"""

from typing import ClassVar


class CdpError(Exception):
    """Root of every error this project raises on purpose."""

    code: ClassVar[str] = "CDP000"
    exit_code: ClassVar[int] = 1

    def __init__(self, problem: str, *, fix: str, **facts: object) -> None:
        super().__init__(f"[{self.code}] {problem}. Fix: {fix}")
        self.problem = problem
        self.fix = fix
        self.facts = facts


class ConfigError(CdpError):
    """A configuration file is missing, malformed or says something that cannot be done."""

    code, exit_code = "CDP100", 2


class UsageError(CdpError):
    """A command was called with arguments it cannot use."""

    code, exit_code = "CDP110", 2


class SetupError(CdpError):
    """The machine lacks something: Java, a jar, a package of the right version."""

    code, exit_code = "CDP120", 2


class SecretError(CdpError):
    """A secret that the configuration refers to cannot be read."""

    code, exit_code = "CDP130", 2


class StorageError(CdpError):
    """A warehouse, landing or output path cannot be read or written."""

    code, exit_code = "CDP140", 2


class EngineMismatch(CdpError):
    """The installed GraphFrames jar and Python wrapper do not go together, or are missing."""

    code, exit_code = "CDP150", 2


class ContractError(CdpError):
    """Data or a table does not fit its contract."""

    code, exit_code = "CDP200", 3


class ConservationError(CdpError):
    """Rows in differ from rows kept, duplicates, quarantined and suppressed: a row was lost or doubled."""

    code, exit_code = "CDP210", 3


class GuardHeld(CdpError):
    """A guard held the run before it could do harm; nothing was published or sent."""

    code, exit_code = "CDP220", 3


class NotPublished(CdpError):
    """A reader asked for a published table before any run had published it."""

    code, exit_code = "CDP230", 3


class DataLoss(CdpError):
    """A source no longer holds something that had not been taken yet."""

    code, exit_code = "CDP240", 3


class TransientError(CdpError):
    """Try again later: a concurrent writer, a locked warehouse, a service that did not answer."""

    code, exit_code = "CDP900", 75
