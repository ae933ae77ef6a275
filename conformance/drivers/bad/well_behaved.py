"""The correct rest of the broken drivers: a driver that promises everything, so that every vector is played on it."""

import json
import sys
from typing import Any, Callable, Dict, Optional, TextIO

HELLO = {
    "protocol": 1,
    "name": "broken",
    "version": "1",
    "doors": {
        "methods": {
            "get_client": {"receives": ["client_id"], "checks": ["*"]},
            "register_client": {"receives": ["client_id", "redirect_uris"], "checks": ["*"]},
            "verify_token": {"receives": ["token"], "checks": ["*"]},
        },
        "endpoints": True,
    },
    "capabilities": ["metadata", "probe", "public_clients", "refresh_token", "registration", "resource"],
    "lifetimes": {},
}

Handler = Callable[[Dict[str, Any]], None]


def reply(answer: Any) -> None:
    print(json.dumps(answer), flush=True)


def serve(
    lines: TextIO,
    hello: Dict[str, Any] = HELLO,
    answer: Optional[Handler] = None,
    step: Optional[Handler] = None,
) -> None:
    """Answers properly, but for `hello`, for `step`, or for `answer` to all but the greeting."""
    for line in lines:
        message = json.loads(line)
        if message["cmd"] == "hello":
            reply(hello)
        elif answer is not None:
            answer(message)
        elif step is not None and message["cmd"] == "step":
            step(message)
        elif message["cmd"] == "reset":
            reply({"seq": message["seq"], "ok": True})
        else:
            reply({"seq": message["seq"], "unsupported": "everything"})


if __name__ == "__main__":
    serve(sys.stdin)
