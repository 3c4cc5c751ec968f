"""Where errors become exit codes and one line for a person."""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from cdp_spark.errors import CdpError

if TYPE_CHECKING:
    from typer.exceptions import TyperException


def exit_code_of(action: Callable[[], object]) -> int:  # noqa: PLR0911  # one return a kind of end
    """Runs ``action``; 0, or the exit code of what stopped it, with one line on standard error."""
    from typer.exceptions import Abort, Exit, TyperException

    try:
        result = action()
        return result if isinstance(result, int) else 0
    except CdpError as e:
        print(str(e), file=sys.stderr)
        return e.exit_code
    except Exit as e:
        return e.exit_code
    except Abort:
        return 130
    except TyperException as e:
        print(f"[CDP110] {e.format_message().rstrip('.')}. Fix: see `{_path(e)} --help`", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except Exception as e:  # the last line of defence: a person sees a sentence, CDP_DEBUG=1 the trace
        kind = type(e).__name__
        print(
            f"[CDP000] unexpected {kind}. Fix: run again with CDP_DEBUG=1 to see where, and report it", file=sys.stderr
        )
        if _debugging():
            raise
        return 1


def _path(e: "TyperException") -> str:
    context = getattr(e, "ctx", None)
    return context.command_path if context is not None else "cdp"


def _debugging() -> bool:
    return bool(os.environ.get("CDP_DEBUG"))
