"""A complete driver over a toy provider: a template for your own.

    grantcheck driver check -- python3 example_driver.py

The toy knows codes and access tokens only, and is no model of an authorization server.
"""

from __future__ import annotations

import dataclasses
import secrets
from typing import Any, Dict, List, Optional
from urllib.parse import urlencode

from grantcheck_driver import Clock, Driver, Refused

CLOCK = Clock()
CLOCK.patch_time()

import time  # noqa: E402  Your provider is imported here, after the patch.

CODE_SECONDS = 300
TOKEN_SECONDS = 3600


@dataclasses.dataclass
class Code:
    code: str
    client_id: str
    scopes: List[str]
    expires_at: int


class ToyProvider:
    """What is judged. In your driver this is somebody's real code."""

    def __init__(self) -> None:
        self.clients: Dict[str, Dict[str, Any]] = {}
        self.codes: Dict[str, Code] = {}
        self.tokens: Dict[str, Dict[str, Any]] = {}

    def load_code(self, client_id: str, code: str) -> Optional[Code]:
        found = self.codes.get(code)
        live = found and found.client_id == client_id and time.time() < found.expires_at
        return found if live else None

    def redeem(self, code: Code) -> Dict[str, Any]:
        if self.codes.pop(code.code, None) is None:
            raise Refused("invalid_grant", "the code is spent")
        token, expires_at = secrets.token_urlsafe(32), int(time.time()) + TOKEN_SECONDS
        self.tokens[token] = {
            "token": token,
            "client_id": code.client_id,
            "scopes": code.scopes,
            "expires_at": expires_at,
        }
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "scope": " ".join(code.scopes),
        }

    def verify(self, token: str) -> Optional[Dict[str, Any]]:
        found = self.tokens.get(token)
        return found if found and time.time() < found["expires_at"] else None


class ExampleDriver(Driver):
    name = "toy"
    version = "1"
    capabilities = ["clock", "probe", "public_clients"]
    lifetimes = {"code": CODE_SECONDS}
    # PKCE and the redirect URI are checked by a layer above, so they are not listed.
    methods = {
        "get_client": {"receives": ["client_id"], "checks": []},
        "register_client": {
            "receives": ["client_id", "redirect_uris", "token_endpoint_auth_method", "grant_types"],
            "checks": [],
        },
        "authorize": {
            "receives": ["client", "state", "scopes", "redirect_uri"],
            "checks": ["code-returned-in-query", "state-returned-exactly"],
        },
        "load_authorization_code": {
            "receives": ["client", "authorization_code"],
            "checks": ["code-bound-to-public-client", "code-expires", "code-validity-checked"],
        },
        "exchange_authorization_code": {
            "receives": ["client", "authorization_code"],
            "checks": ["code-single-use", "code-replay-refused"],
        },
        "verify_token": {"receives": ["token"], "checks": ["bearer-expiry-enforced"]},
    }

    def reset(self) -> None:
        self.provider = ToyProvider()

    def do_get_client(self, client_id: str) -> Optional[Dict[str, Any]]:
        return self.provider.clients.get(client_id)

    def do_register_client(self, **record: Any) -> Dict[str, Any]:
        record.setdefault("client_id", secrets.token_urlsafe(16))
        self.provider.clients[record["client_id"]] = record
        return record

    def do_authorize(
        self,
        client: str,
        redirect_uri: str,
        as_: Optional[str] = None,
        scopes: Optional[List[str]] = None,
        state: Optional[str] = None,
        **_: Any,
    ) -> str:
        if as_ is None:
            raise Refused("access_denied", "nobody approved")
        code = secrets.token_urlsafe(32)
        expires_at = int(time.time()) + CODE_SECONDS
        self.provider.codes[code] = Code(code, client, scopes or ["read"], expires_at)
        added = {"code": code} if state is None else {"code": code, "state": state}
        return f"{redirect_uri}?{urlencode(added)}"

    def do_load_authorization_code(self, client: str, authorization_code: str) -> Optional[Code]:
        return self.provider.load_code(client, authorization_code)

    def do_exchange_authorization_code(self, authorization_code: Code, **_: Any) -> Dict[str, Any]:
        return self.provider.redeem(authorization_code)

    def do_verify_token(self, token: str) -> Optional[Dict[str, Any]]:
        return self.provider.verify(token)

    def probe(self, token: str) -> bool:
        return self.provider.verify(token) is not None


if __name__ == "__main__":
    ExampleDriver(CLOCK).run()
