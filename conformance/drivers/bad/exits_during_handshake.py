"""Reads the greeting and exits without an answer."""

import sys

sys.stdin.readline()
print("cannot find my provider", file=sys.stderr)
sys.exit(7)
