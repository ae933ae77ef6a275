"""The correct rest of the broken drivers: a driver that can do nothing, but says so properly."""

import json
import sys
from typing import Any, Callable, Dict, Optional, TextIO

HELLO = {
    "protocol": 1,
    "name": "broken",
    "version": "1",
    "doors": {"methods": {}, "endpoints": True},
    "capabilities": [],
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
