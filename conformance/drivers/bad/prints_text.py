"""Prints a stray line that is not JSON before it answers the greeting."""

import sys

from well_behaved import HELLO, serve

print("Starting my provider ...", flush=True)
serve(sys.stdin, hello=HELLO)
