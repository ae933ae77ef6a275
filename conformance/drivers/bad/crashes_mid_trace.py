"""Is fine at hello and reset, and exits at the first step."""

import sys

from well_behaved import serve


def crash(message: dict) -> None:
    print("segmentation fault, so to speak", file=sys.stderr)
    sys.exit(9)


serve(sys.stdin, step=crash)
