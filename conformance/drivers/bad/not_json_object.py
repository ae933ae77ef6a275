"""Answers with a JSON array."""

import sys

from well_behaved import reply, serve


def array(message: dict) -> None:
    reply([message["seq"], "ok"])


serve(sys.stdin, answer=array)
