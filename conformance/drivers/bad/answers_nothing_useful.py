"""Repeats the sequence number, and says nothing else."""

import sys

from well_behaved import reply, serve


def nothing(message: dict) -> None:
    reply({"seq": message["seq"]})


serve(sys.stdin, answer=nothing)
