"""The command line: each command opens, calls one function, and prints."""

import os
import sys
from collections.abc import Sequence

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; a ``SeismonetError`` becomes one line on stderr and exit code 1, wrong usage exit code 2."""
    from seismonet.core.errors import SeismonetError

    from .app import app

    try:
        result = app(
            list(sys.argv[1:] if arguments is None else arguments),
            exit_on_error=False,
            print_error=True,
            result_action="return_value",
        )
    except SeismonetError as error:
        print(f"seismonet: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("seismonet: interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        if type(error).__module__.startswith("cyclopts"):
            return 2
        raise
    return result if isinstance(result, int) else 0


def run() -> None:
    """The console script."""
    sys.exit(main())
