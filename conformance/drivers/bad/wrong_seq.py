"""Answers with the sequence number of the request before."""

import sys

from well_behaved import reply, serve


def one_behind(message: dict) -> None:
    reply({"seq": message["seq"] - 1, "ok": True})


serve(sys.stdin, answer=one_behind)
