"""Speaks version 2 of the protocol."""

import sys

from well_behaved import HELLO, serve

serve(sys.stdin, hello={**HELLO, "protocol": 2})
