"""Writes half a line and then nothing more."""

import sys
import time

from well_behaved import serve


def half(message: dict) -> None:
    sys.stdout.write('{"seq": %d, "o' % message["seq"])
    sys.stdout.flush()
    time.sleep(3600)


serve(sys.stdin, answer=half)
