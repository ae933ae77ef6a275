"""Is fine at hello and reset, and never answers a step."""

import sys
import time

from well_behaved import serve


def hang(message: dict) -> None:
    time.sleep(3600)


serve(sys.stdin, step=hang)
