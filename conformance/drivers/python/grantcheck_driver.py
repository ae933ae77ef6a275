"""A base for drivers in Python: protocol 1, as the README one folder up describes it.

Copy this file beside your driver, or put its folder on `sys.path`; it needs nothing but Python 3.9.
`example_driver.py` is a complete driver of about a hundred lines to start from.

Importing this module keeps standard output for the protocol: whatever a library prints afterwards
goes to standard error. So import it first.
"""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import datetime
import functools
import inspect
import itertools
import json
import os
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO, Callable, Dict, List, Optional, Tuple, Type

PROTOCOL = 1

Answer = Dict[str, Any]
Headers = List[Tuple[str, str]]
Response = Tuple[int, Headers, bytes]


def _take_stdout() -> BinaryIO:
    """The real standard output; file descriptor 1 becomes standard error for everybody else."""
    sys.stdout.flush()
    private = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return private


_protocol_out = _take_stdout()


class Refused(Exception):
    """An OAuth refusal: raise it from a method to answer with that error code."""

    def __init__(self, error: str, description: Optional[str] = None) -> None:
        super().__init__(error)
        self.error = error
        self.error_description = description


class Unsupported(Exception):
    """What the provider cannot do; the text says why."""


class Clock:
    """Virtual time in seconds since the Unix epoch. It stands still until it is moved."""

    def __init__(self) -> None:
        self._now = time.time()

    def now(self) -> float:
        return self._now

    def now_ns(self) -> int:
        return int(self._now * 10**9)

    def set(self, now: float) -> None:
        self._now = float(now)

    def advance(self, seconds: float) -> None:
        self._now += seconds

    def patch_time(self) -> None:
        """Makes `time.time`, `time.time_ns` and the `now` of `datetime` follow this clock.

        Call it before the provider is imported, so that `from time import time` is caught as well.
        `time.monotonic` stays as it is: event loops need it.
        """
        time.time = self.now
        time.time_ns = self.now_ns
        datetime.datetime = _virtual_datetime(self)  # type: ignore[misc]
        datetime.date = _virtual_date(self)  # type: ignore[misc]


def _stands_for(real: type) -> type:
    """A metaclass: whatever is an instance of `real` is one of the class that replaces it."""

    class StandsFor(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, real)

        def __subclasscheck__(cls, other: type) -> bool:
            return issubclass(other, real)

    return StandsFor


def _virtual_datetime(clock: Clock) -> type:
    real = datetime.datetime

    class VirtualDatetime(real, metaclass=_stands_for(real)):  # type: ignore[misc, valid-type]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls.fromtimestamp(clock.now(), tz)

        @classmethod
        def utcnow(cls) -> Any:
            return cls.fromtimestamp(clock.now(), datetime.timezone.utc).replace(tzinfo=None)

        @classmethod
        def today(cls) -> Any:
            return cls.fromtimestamp(clock.now())

    return VirtualDatetime


def _virtual_date(clock: Clock) -> type:
    real = datetime.date

    class VirtualDate(real, metaclass=_stands_for(real)):  # type: ignore[misc, valid-type]
        @classmethod
        def today(cls) -> Any:
            return cls.fromtimestamp(clock.now())

    return VirtualDate


class Driver:
    """Subclass it, say what the provider can, write `reset` and the doors, and call `run()`.

    The methods door is a function `do_NAME` for each of `methods`. It takes the parameters of the
    README's table by keyword, so end its signature with `**_` and give a default to what can be
    absent; `do_authorize` also gets `as_`, the owner who approves, or None. It returns the value,
    raises `Refused` (or one of `refusals`), or raises whatever else the provider raises.

    What `do_load_KIND` returns is kept, so that the very same object can come back:
    `do_exchange_KIND` always gets such an object, loaded freshly if the step names it by a string.
    Without `do_load_KIND` it gets the string.

    The endpoints door is `request`. Any of these functions may be `async`.
    """

    name = "unnamed"
    version = "0"
    #: For each method what it receives and which requirement rows it checks itself, by name.
    methods: Dict[str, Dict[str, List[str]]] = {}
    capabilities: List[str] = []
    lifetimes: Dict[str, Optional[int]] = {}
    #: Exceptions of the provider that are OAuth refusals: they have `error` and, perhaps,
    #: `error_description`.
    refusals: Tuple[Type[Exception], ...] = ()

    def __init__(self, clock: Optional[Clock] = None) -> None:
        self.clock = clock or Clock()
        self._objects: Dict[str, Any] = {}
        self._handles = itertools.count(1)
        self._threads = ThreadPoolExecutor(max_workers=64)

    # What a driver writes.

    def reset(self) -> Any:
        """Makes a fresh provider: no clients, no codes, no tokens. The clock is set already."""
        raise NotImplementedError

    def request(
        self, method: str, path: str, headers: Headers, query: str, body: bytes, as_: Optional[str]
    ) -> Any:
        """Answers an HTTP request by (status, headers, body). `path` is a role, `query` is raw."""
        raise Unsupported("no endpoints")

    def probe(self, token: str) -> Any:
        """True if that access token is live."""
        raise Unsupported("no way to ask whether a token is live")

    # What a driver may replace.

    def wait(self, seconds: float) -> Any:
        """Moves the clock."""
        if "clock" not in self.capabilities:
            raise Unsupported("no control of the clock")
        self.clock.advance(seconds)

    def show(self, value: Any) -> Any:
        """The JSON of what a method returned."""
        return dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value

    def override(self, loaded: Any, fields: Dict[str, Any]) -> Any:
        """A copy of a loaded object with some fields forged."""
        if isinstance(loaded, dict):
            return {**loaded, **fields}
        if dataclasses.is_dataclass(loaded):
            return dataclasses.replace(loaded, **fields)
        forged = copy.copy(loaded)
        for name, value in fields.items():
            setattr(forged, name, value)
        return forged

    # The protocol.

    def run(self) -> None:
        """Reads and answers lines until standard input ends."""
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            for line in sys.stdin.buffer:
                _write(loop.run_until_complete(self._reply(line)))
        except (BrokenPipeError, KeyboardInterrupt):
            pass
        finally:
            _close(loop)

    async def _reply(self, line: bytes) -> Answer:
        try:
            message = json.loads(line)
            command = message["cmd"]
        except (ValueError, TypeError, KeyError) as e:
            return {"seq": None, **_exception(e)}
        if command == "hello":
            return self._hello()
        seq = {"seq": message.get("seq")}
        if command == "reset":
            return {**seq, **await self._guarded(self._reset(message))}
        if command == "step":
            return {**seq, **await self._step(message)}
        return {**seq, "unsupported": f"the command {command!r}"}

    def _hello(self) -> Answer:
        endpoints = type(self).request is not Driver.request
        return {
            "protocol": PROTOCOL,
            "name": self.name,
            "version": self.version,
            "doors": {"methods": self.methods, "endpoints": endpoints},
            "capabilities": self.capabilities,
            "lifetimes": self.lifetimes,
        }

    async def _reset(self, message: Answer) -> Answer:
        self._objects.clear()
        if "clock" in self.capabilities and "clock" in message:
            self.clock.set(message["clock"])
        await self._call(False, self.reset)
        return {"ok": True}

    async def _step(self, step: Answer) -> Answer:
        if "times" not in step:
            return await self._guarded(self._play(step, racing=False))
        if "race" not in self.capabilities:
            return {"unsupported": "no races"}
        plays = [self._guarded(self._play(step, racing=True)) for _ in range(step["times"])]
        return {"results": await asyncio.gather(*plays)}

    async def _guarded(self, play: Any) -> Answer:
        """The answer of a play, whatever it raises: the driver lives on."""
        try:
            return await play
        except Unsupported as e:
            return {"unsupported": str(e)}
        except (Exception, asyncio.CancelledError) as e:
            if isinstance(e, (Refused, *self.refusals)):
                return _refusal(e)
            if sys.flags.dev_mode:  # python -X dev
                traceback.print_exc()
            return _exception(e)

    async def _play(self, step: Answer, racing: bool) -> Answer:
        do, params = step["do"], step.get("with", {})
        if do == "wait":
            await self._call(racing, self.wait, params["seconds"])
            return {"ok": True}
        if do == "probe":
            return {"live": bool(await self._call(racing, self.probe, params["token"]))}
        if " " in do:
            return await self._play_request(step, racing)
        return await self._play_method(do, dict(params), step.get("as"), racing)

    async def _play_request(self, step: Answer, racing: bool) -> Answer:
        method, path = step["do"].split(" ", 1)
        headers = [(name, value) for name, value in step.get("headers", [])]
        body, query = _bytes(step.get("body", "")), step.get("query", "")
        status, fields, content = await self._call(
            racing, self.request, method, path, headers, query, body, step.get("as")
        )
        return {"status": status, "headers": [list(f) for f in fields], "body": _text(content)}

    async def _play_method(
        self, name: str, params: Dict[str, Any], owner: Optional[str], racing: bool
    ) -> Answer:
        method = getattr(self, "do_" + name, None)
        if method is None:
            raise Unsupported(f"no method {name}")
        if name == "authorize":
            params["as_"] = owner
        if name.startswith("exchange_"):
            kind = name[len("exchange_") :]
            params[kind] = await self._claimed(kind, params, racing)
        value = await self._call(racing, method, **params)
        answer: Answer = {"value": self.show(value)}
        if name.startswith("load_") and value is not None:
            answer["object"] = self._keep(value)
        return answer

    async def _claimed(self, kind: str, params: Dict[str, Any], racing: bool) -> Any:
        """What an exchange is handed: an object from before, perhaps forged, or one loaded now."""
        claim = params.get(kind)
        if isinstance(claim, dict):
            loaded = self._objects[claim["object"]]
            return self.override(loaded, claim["set"]) if claim.get("set") else loaded
        if not isinstance(claim, str):
            raise Refused("invalid_grant", f"no {kind} to exchange")
        load: Optional[Callable[..., Any]] = getattr(self, "do_load_" + kind, None)
        if load is None:
            return claim
        loaded = await self._call(racing, load, **{"client": params.get("client"), kind: claim})
        if loaded is None:
            raise Refused("invalid_grant", f"the {kind} does not load")
        return loaded

    def _keep(self, value: Any) -> str:
        handle = f"o{next(self._handles)}"
        self._objects[handle] = value
        return handle

    async def _call(
        self, racing: bool, function: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Calls a driver's function; in a race, one that is not async gets a thread of its own."""
        if racing and not inspect.iscoroutinefunction(function):
            call = functools.partial(function, *args, **kwargs)
            result = await asyncio.get_running_loop().run_in_executor(self._threads, call)
        else:
            result = function(*args, **kwargs)
        return await result if inspect.isawaitable(result) else result


def _refusal(e: Any) -> Answer:
    answer = {"error": str(e.error)}
    if getattr(e, "error_description", None):
        answer["error_description"] = str(e.error_description)
    return answer


def _exception(e: BaseException) -> Answer:
    return {"exception": f"{type(e).__name__}: {e}"}


def _bytes(body: Any) -> bytes:
    """A body as it goes over the wire: text, or {"hex": "00ff"}."""
    return bytes.fromhex(body["hex"]) if isinstance(body, dict) else body.encode()


def _text(body: bytes) -> Any:
    """The inverse of `_bytes`."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return {"hex": body.hex()}


def _write(answer: Answer) -> None:
    try:
        line = json.dumps(answer, allow_nan=False)
    except (TypeError, ValueError) as e:
        line = json.dumps({"seq": answer.get("seq"), **_exception(e)})
    _protocol_out.write(line.encode() + b"\n")
    _protocol_out.flush()


def _close(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.close()
