"""Tests of the base: each talks to a driver as the runner does, over pipes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any, Dict, List

HERE = Path(__file__).resolve().parent
CLOCK_START = 1767225600

TOY = '''
import asyncio, os, threading
from dataclasses import dataclass
from grantcheck_driver import Clock, Driver, Refused, Unsupported

clock = Clock()
clock.patch_time()
import datetime, time
from time import time as now
print("a library that greets")

class ProviderError(Exception):
    error = "invalid_client"
    error_description = "who?"

@dataclass(frozen=True)
class Code:
    code: str
    scopes: list

class Toy(Driver):
    name = "toy"
    version = "1.2"
    methods = {"verify_token": {"receives": ["token"], "checks": ["*"]}}
    capabilities = ["clock", "probe", "race"]
    lifetimes = {"code": 60}
    refusals = (ProviderError,)

    def reset(self):
        self.codes = {"c1": Code("c1", ["read"])}
        self.met = threading.Barrier(2, timeout=5)
        self.both = 0

    def do_verify_token(self, token, **_):
        if token == "crash":
            raise KeyError("x")
        if token == "cancel":
            raise asyncio.CancelledError("gone")
        if token == "refuse":
            raise Refused("invalid_scope", "too much")
        if token == "provider refuses":
            raise ProviderError()
        if token == "set":
            return {1, 2}
        if token == "meet":
            self.met.wait()
            return "met"
        print("stray")
        os.system("echo stray child")
        os.write(1, b"stray bytes\\n")
        return token

    async def do_load_access_token(self, token):
        self.both += 1
        while self.both < 2:
            await asyncio.sleep(0)
        return {"token": token}

    def do_load_authorization_code(self, client, authorization_code):
        return self.codes.get(authorization_code)

    def do_exchange_authorization_code(self, client, authorization_code, **_):
        return {"scopes": authorization_code.scopes,
                "same": authorization_code is self.codes["c1"]}

    def do_authorize(self, client, as_, **_):
        return as_

    def do_get_client(self, client_id):
        real = datetime.datetime.fromtimestamp(0, datetime.timezone.utc)
        return {"time": time.time(), "from": now(), "ns": time.time_ns(),
                "utc": datetime.datetime.now(datetime.timezone.utc).isoformat(),
                "naive": datetime.datetime.utcnow().isoformat(),
                "is": isinstance(real, datetime.date),
                "since": (datetime.datetime.now(datetime.timezone.utc) - real).total_seconds()}

    def request(self, method, path, headers, query, body, as_):
        return 201, headers + [("X-Query", query)], method.encode() + path.encode() + body

    async def probe(self, token):
        return token == "live"

Toy(clock).run()
'''

BARE = """
from grantcheck_driver import Driver

class Bare(Driver):
    def reset(self):
        pass

Bare().run()
"""


class Child:
    """A driver process."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(HERE)},
        )
        self.seq = 0

    def ask(self, **message: Any) -> Dict[str, Any]:
        """The answer without its `seq`, which is checked here."""
        self.seq += 1
        answer = self.send(json.dumps({"seq": self.seq, **message}))
        assert answer.pop("seq") == self.seq, answer
        return answer

    def step(self, do: str, with_: Any = None, **more: Any) -> Dict[str, Any]:
        return self.ask(cmd="step", do=do, **{"with": with_ or {}}, **more)

    def verify(self, token: str, **more: Any) -> Dict[str, Any]:
        return self.step("verify_token", {"token": token}, **more)

    def send(self, line: str) -> Dict[str, Any]:
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self) -> List[bytes]:
        """Ends its standard input; what it still wrote to standard output and standard error."""
        return list(self.process.communicate(timeout=10))


class BaseTest(unittest.TestCase):
    program = TOY

    def setUp(self) -> None:
        self.driver = Child("-c", self.program)
        self.addCleanup(self.driver.end)
        self.driver.ask(cmd="reset", clock=CLOCK_START)


class Protocol(BaseTest):
    def test_hello_declares(self) -> None:
        hello = self.driver.send('{"cmd": "hello", "protocol": 1}')
        doors = {
            "methods": {"verify_token": {"receives": ["token"], "checks": ["*"]}},
            "endpoints": True,
        }
        self.assertEqual(hello["protocol"], 1)
        self.assertEqual((hello["name"], hello["version"]), ("toy", "1.2"))
        self.assertEqual(hello["doors"], doors)
        self.assertEqual(hello["capabilities"], ["clock", "probe", "race"])
        self.assertEqual(hello["lifetimes"], {"code": 60})

    def test_an_exception_is_an_answer(self) -> None:
        self.assertEqual(self.driver.verify("crash"), {"exception": "KeyError: 'x'"})
        self.assertEqual(self.driver.verify("cancel"), {"exception": "CancelledError: gone"})
        self.assertIn("exception", self.driver.verify("set"))
        self.assertEqual(self.driver.verify("fine"), {"value": "fine"})

    def test_a_refusal_is_an_oauth_error(self) -> None:
        refused = {"error": "invalid_scope", "error_description": "too much"}
        self.assertEqual(self.driver.verify("refuse"), refused)
        refused = {"error": "invalid_client", "error_description": "who?"}
        self.assertEqual(self.driver.verify("provider refuses"), refused)

    def test_stray_output_goes_to_standard_error(self) -> None:
        self.assertEqual(self.driver.verify("fine"), {"value": "fine"})
        out, err = self.driver.end()
        self.assertEqual(out, b"")
        for text in (b"a library that greets", b"stray\n", b"stray child", b"stray bytes"):
            self.assertIn(text, err)

    def test_what_is_not_a_command_is_answered(self) -> None:
        for line in ("nonsense", "[]", "{}"):
            self.assertIn("exception", self.driver.send(line))
        self.assertIn("unsupported", self.driver.ask(cmd="dance"))
        self.assertIn("unsupported", self.driver.step("revoke_token"))
        self.assertIn("exception", self.driver.ask(cmd="step"))

    def test_the_end_of_input_ends_the_driver(self) -> None:
        self.driver.end()
        self.assertEqual(self.driver.process.returncode, 0)

    def test_the_owner_reaches_authorize_only(self) -> None:
        self.assertEqual(
            self.driver.step("authorize", {"client": "app"}, **{"as": "alice"}), {"value": "alice"}
        )
        self.assertEqual(self.driver.step("authorize", {"client": "app"}), {"value": None})

    def test_probe(self) -> None:
        self.assertEqual(self.driver.step("probe", {"token": "live"}), {"live": True})
        self.assertEqual(self.driver.step("probe", {"token": "dead"}), {"live": False})


class Endpoints(BaseTest):
    def test_a_request_passes_as_it_is(self) -> None:
        answer = self.driver.step("POST /token", headers=[["A", "1"]], query="x=%20", body="h\u00e9")
        expected = {
            "status": 201,
            "headers": [["A", "1"], ["X-Query", "x=%20"]],
            "body": "POST/tokenh\u00e9",
        }
        self.assertEqual(answer, expected)

    def test_bytes_pass_as_they_are(self) -> None:
        answer = self.driver.step("POST /t", body={"hex": "00ff"})
        self.assertEqual(answer["body"], {"hex": (b"POST/t\x00\xff").hex()})


class Objects(BaseTest):
    def exchange(self, claim: Any) -> Dict[str, Any]:
        params = {"client": "app", "authorization_code": claim}
        return self.driver.step("exchange_authorization_code", params)

    def load(self, code: str) -> Dict[str, Any]:
        return self.driver.step(
            "load_authorization_code", {"client": "app", "authorization_code": code}
        )

    def test_the_same_object_comes_back(self) -> None:
        loaded = self.load("c1")
        self.assertEqual(loaded["value"], {"code": "c1", "scopes": ["read"]})
        same = self.exchange({"object": loaded["object"], "fields": loaded["value"], "set": {}})
        self.assertEqual(same, {"value": {"scopes": ["read"], "same": True}})

    def test_set_forges_a_copy(self) -> None:
        claim = {"object": self.load("c1")["object"], "fields": {}, "set": {"scopes": ["admin"]}}
        forged = {"value": {"scopes": ["admin"], "same": False}}
        self.assertEqual(self.exchange(claim), forged)
        self.assertEqual(self.load("c1")["value"]["scopes"], ["read"])

    def test_a_string_is_loaded_freshly(self) -> None:
        self.assertEqual(self.exchange("c1"), {"value": {"scopes": ["read"], "same": True}})
        self.assertEqual(self.exchange("c2")["error"], "invalid_grant")
        self.assertEqual(self.exchange(None)["error"], "invalid_grant")

    def test_nothing_loaded_has_no_handle(self) -> None:
        self.assertEqual(self.load("c2"), {"value": None})

    def test_reset_forgets_objects(self) -> None:
        loaded = self.load("c1")
        self.driver.ask(cmd="reset", clock=CLOCK_START)
        claim = {"object": loaded["object"], "fields": loaded["value"], "set": {}}
        self.assertIn("exception", self.exchange(claim))


class Time(BaseTest):
    def test_the_provider_sees_virtual_time(self) -> None:
        self.assertEqual(self.driver.step("wait", {"seconds": 61}), {"ok": True})
        seen = self.driver.step("get_client", {"client_id": "app"})["value"]
        now = CLOCK_START + 61
        self.assertEqual((seen["time"], seen["from"], seen["since"]), (now, now, now))
        self.assertEqual(seen["ns"], now * 10**9)
        self.assertEqual(seen["utc"], "2026-01-01T00:01:01+00:00")
        self.assertEqual(seen["naive"], "2026-01-01T00:01:01")
        self.assertTrue(seen["is"])

    def test_reset_sets_the_clock_back(self) -> None:
        self.driver.step("wait", {"seconds": 61})
        self.driver.ask(cmd="reset", clock=CLOCK_START)
        seen = self.driver.step("get_client", {"client_id": "app"})["value"]
        self.assertEqual(seen["time"], CLOCK_START)


class Races(BaseTest):
    def test_plain_functions_run_at_once(self) -> None:
        self.assertEqual(
            self.driver.verify("meet", times=2), {"results": [{"value": "met"}, {"value": "met"}]}
        )

    def test_async_functions_run_at_once(self) -> None:
        answer = self.driver.step("load_access_token", {"token": "t"}, times=2)
        self.assertEqual([r["value"] for r in answer["results"]], [{"token": "t"}] * 2)

    def test_each_play_has_its_own_answer(self) -> None:
        answer = self.driver.verify("crash", times=3)
        self.assertEqual(answer, {"results": [{"exception": "KeyError: 'x'"}] * 3})


class Bare(BaseTest):
    """A driver that declares nothing can do nothing."""

    program = BARE

    def test_everything_is_unsupported(self) -> None:
        hello = self.driver.send('{"cmd": "hello", "protocol": 1}')
        self.assertFalse(hello["doors"]["endpoints"])
        for do in ("wait", "probe", "GET /authorize", "get_client"):
            answer = self.driver.step(do, {"seconds": 1, "token": "t"})
            self.assertEqual(list(answer), ["unsupported"], do)
        self.assertEqual(self.driver.step("wait", times=2), {"unsupported": "no races"})


class Example(unittest.TestCase):
    """The template works."""

    def test_a_code_buys_one_token(self) -> None:
        driver = Child(str(HERE / "example_driver.py"))
        self.addCleanup(driver.end)
        driver.ask(cmd="reset", clock=CLOCK_START)
        driver.step("register_client", {"client_id": "app"})
        asked = {"client": "app", "redirect_uri": "https://app.example/cb"}
        self.assertEqual(driver.step("authorize", asked)["error"], "access_denied")
        url = driver.step("authorize", asked, **{"as": "alice"})["value"]
        redemption = {"client": "app", "authorization_code": url.split("code=")[1]}
        bought = driver.step("exchange_authorization_code", redemption)["value"]
        again = driver.step("exchange_authorization_code", redemption)
        self.assertEqual(again["error"], "invalid_grant")
        token = {"token": bought["access_token"]}
        for seconds, live in ((3599, True), (1, False)):
            driver.step("wait", {"seconds": seconds})
            self.assertEqual(driver.step("probe", token), {"live": live})


if __name__ == "__main__":
    unittest.main()
