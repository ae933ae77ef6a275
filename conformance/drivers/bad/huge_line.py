"""Answers with one line of 50 MB."""

import sys

from well_behaved import reply, serve


def huge(message: dict) -> None:
    reply({"seq": message["seq"], "ok": True, "padding": "x" * 50_000_000})


serve(sys.stdin, answer=huge)
