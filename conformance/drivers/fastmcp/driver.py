"""FastMCP's InMemoryOAuthProvider, judged through both doors.

Methods are called on the provider itself. Endpoints are those of the ASGI application that
`FastMCP(auth=provider).http_app()` makes, asked in process: no socket, and the bytes as they came.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, Optional
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "python"))
from grantcheck_driver import Clock, Driver, Headers, Refused, Response  # noqa: E402

CLOCK = Clock()
CLOCK.patch_time()
os.environ.update(FASTMCP_ENV_FILE=os.devnull, FASTMCP_LOG_LEVEL="CRITICAL")

import fastmcp  # noqa: E402
from fastmcp.server.auth.auth import ClientRegistrationOptions, RevocationOptions  # noqa: E402
from fastmcp.server.auth.providers.in_memory import InMemoryOAuthProvider  # noqa: E402
from mcp.server.auth.provider import (  # noqa: E402
    AuthorizationParams,
    AuthorizeError,
    RegistrationError,
    TokenError,
)
from mcp.shared.auth import InvalidRedirectUriError, OAuthClientInformationFull  # noqa: E402
from pydantic import BaseModel, ValidationError  # noqa: E402

BASE_URL = "https://as.example"
SCOPES = ["read", "write", "admin"]
MCP_PATH = "/mcp"
REAL_PATHS = {
    "/resource": MCP_PATH,
    # RFC 9728, 3.1: the path of the resource goes behind the well-known one.
    "/.well-known/oauth-protected-resource": "/.well-known/oauth-protected-resource" + MCP_PATH,
}
MCP_PING = b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}'
MCP_HEADERS = [
    ("content-type", "application/json"),
    ("accept", "application/json, text/event-stream"),
]

# What each method decides itself. The handlers above compare the verifier and the redirect URI, hold
# a request to the client's registration, and mint client identifiers and secrets: that is not listed.
# Whether a loaded object still holds is for load_* to say; of the exchanges only
# exchange_authorization_code looks again (a code that is spent).
ISSUES_TOKENS = [
    "access-token-charset",
    "access-token-lifetime-limited",
    "access-token-lifetime-one-hour",
    "access-token-reference-unguessable",
    "access-token-short-lived",
    "access-token-unforgeable",
    "credential-entropy-128-bits",
    "credential-entropy-160-bits",
    "credential-guessing-prevented",
    "refresh-token-bound-to-consent",
    "refresh-token-charset",
    "refresh-token-client-recorded",
    "refresh-token-unforgeable",
    "scope-change-reported",
    "token-response-always-has-scope",
    "token-response-has-access-token",
    "token-response-has-expires-in",
    "token-response-has-token-type",
]
VERIFIES_TOKENS = [
    "POS-1",
    "access-token-edits-detected",
    "access-token-lifetime-limited",
    "access-token-lifetime-one-hour",
    "access-token-short-lived",
    "access-token-unforgeable",
    "bearer-expiry-enforced",
    "bearer-policy-checked",
    "bearer-refuses-refresh-token",
    "credential-guessing-prevented",
    "revoke-access-token-supported",
    "revoke-effective-at-once",
    "revoke-refresh-kills-access-tokens",
]
METHODS = {
    "get_client": {
        "receives": ["client_id"],
        "checks": [
            "client-id-invalid-no-redirect",
            "client-type-drives-handling",
            "register-assigns-client-id",
            "register-records-client-type",
        ],
    },
    "register_client": {
        "receives": list(OAuthClientInformationFull.model_fields),
        "checks": [
            "POS-9",
            "client-id-unique",
            "register-assigns-client-id",
            "register-client-id-unused",
            "register-limits-scope",
            "register-records-client-type",
            "register-redirect-uris-supported",
        ],
    },
    "authorize": {
        "receives": ["client", "state", "scopes", "code_challenge", "redirect_uri", "resource"],
        "checks": [
            "authorize-error-unauthorized-client",
            "authorize-response-form-encoded",
            "authorize-response-no-repeats",
            "authorize-response-to-requested-uri",
            "client-id-invalid-no-redirect",
            "code-bound-to-request",
            "code-charset",
            "code-expires",
            "code-lifetime-ten-minutes",
            "code-returned-in-query",
            "credential-entropy-128-bits",
            "credential-entropy-160-bits",
            "credential-guessing-prevented",
            "pkce-challenge-not-exposed",
            "pkce-challenge-stored-with-code",
            "private-scheme-single-slash",
            "redirect-uri-query-preserved",
            "register-limits-scope",
            "scope-case-sensitive",
            "scope-depends-on-client",
            "scope-omitted-default-or-refused",
            "scope-order-irrelevant",
            "state-returned-exactly",
        ],
    },
    "load_authorization_code": {
        "receives": ["client", "authorization_code"],
        "checks": [
            "POS-1",
            "POS-2",
            "code-bound-to-confidential-client",
            "code-bound-to-public-client",
            "code-bound-to-request",
            "code-expires",
            "code-lifetime-ten-minutes",
            "code-replay-refused",
            "code-replay-revokes-tokens",
            "code-single-use",
            "code-validity-checked",
            "credential-guessing-prevented",
            "pkce-challenge-stored-with-code",
            "pkce-supported",
            "token-error-invalid-grant",
        ],
    },
    "exchange_authorization_code": {
        "receives": ["client", "authorization_code"],
        "checks": [
            *ISSUES_TOKENS,
            "code-replay-invalid-revokes-nothing",
            "code-replay-refused",
            "code-replay-revokes-tokens",
            "code-single-use",
            "token-error-invalid-grant",
            "token-error-single-code",
        ],
    },
    "load_refresh_token": {
        "receives": ["client", "refresh_token"],
        "checks": [
            "POS-5",
            "POS-12",
            "credential-guessing-prevented",
            "refresh-needs-live-grant",
            "refresh-replacement-keeps-scope",
            "refresh-replay-detected",
            "refresh-replay-revokes-grant",
            "refresh-rotation-replaces-token",
            "refresh-token-bound-to-client",
            "refresh-token-client-checked",
            "refresh-token-client-recorded",
            "refresh-token-edits-detected",
            "refresh-token-idle-expiry",
            "refresh-token-unforgeable",
            "refresh-token-validity-checked",
            "revoke-effective-at-once",
            "revoke-refresh-token-supported",
            "token-error-invalid-grant",
        ],
    },
    "exchange_refresh_token": {
        "receives": ["client", "refresh_token", "scopes"],
        "checks": [
            *ISSUES_TOKENS,
            "POS-4",
            "POS-6",
            "access-token-least-privilege",
            "refresh-replacement-keeps-scope",
            "refresh-replay-revokes-grant",
            "refresh-response-is-token-response",
            "refresh-rotation-replaces-token",
            "refresh-scope-defaults-to-grant",
            "refresh-scope-may-narrow",
            "refresh-scope-never-widens",
            "refresh-token-rotates-or-binds",
            "token-error-invalid-scope",
            "token-error-single-code",
        ],
    },
    "load_access_token": {"receives": ["token"], "checks": VERIFIES_TOKENS},
    "verify_token": {"receives": ["token"], "checks": VERIFIES_TOKENS},
    "revoke_token": {
        "receives": ["token"],
        "checks": [
            "POS-4",
            "revoke-access-may-kill-refresh",
            "revoke-access-token-supported",
            "revoke-effective-at-once",
            "revoke-invalid-token-is-200",
            "revoke-refresh-kills-access-tokens",
            "revoke-refresh-token-supported",
        ],
    },
}


def made_up_client(client_id: Optional[str]) -> OAuthClientInformationFull:
    """A client nobody registered."""
    return OAuthClientInformationFull(client_id=client_id or "nobody")


def client_record(fields: Dict[str, Any]) -> OAuthClientInformationFull:
    """The record that the registration handler would hand down: it mints what is missing."""
    minted: Dict[str, Any] = {
        "client_id": str(uuid4()),
        "client_id_issued_at": int(time.time()),
        "token_endpoint_auth_method": "client_secret_post",
    }
    record = {**minted, **fields}
    if record["token_endpoint_auth_method"] != "none":
        record.setdefault("client_secret", secrets.token_hex(32))
        record.setdefault("client_secret_expires_at", 0)
    try:
        return OAuthClientInformationFull.model_validate(record)
    except ValidationError as e:
        raise Refused("invalid_client_metadata", str(e)) from e


class Application:
    """An ASGI application, asked in process."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._lifespan: Optional[asyncio.Task[None]] = None
        self._events: asyncio.Queue[Dict[str, Any]] = asyncio.Queue()

    async def start(self) -> None:
        """Runs the application's lifespan beside the requests; its session manager lives there."""
        started = asyncio.Event()

        async def send(_: Dict[str, Any]) -> None:
            started.set()

        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        self._lifespan = asyncio.ensure_future(self._app(scope, self._events.get, send))
        await self._events.put({"type": "lifespan.startup"})
        await started.wait()

    async def stop(self) -> None:
        await self._events.put({"type": "lifespan.shutdown"})
        if self._lifespan is not None:
            await self._lifespan

    async def ask(
        self, method: str, path: str, headers: Headers, query: str, body: bytes
    ) -> Response:
        sent: List[Dict[str, Any]] = []
        answered = asyncio.Event()
        requests = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> Dict[str, Any]:
            for request in requests:
                return request
            await answered.wait()
            return {"type": "http.disconnect"}

        async def send(message: Dict[str, Any]) -> None:
            sent.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                answered.set()

        try:
            await self._app(http_scope(method, path, headers, query, body), receive, send)
        except Exception:
            # Starlette answers 500 and then raises for the log of the server.
            if not answered.is_set():
                raise
        return response_of(sent)


def http_scope(
    method: str, path: str, headers: Headers, query: str, body: bytes
) -> Dict[str, Any]:
    """The ASGI scope of a request as a server makes it."""
    given = {name.lower() for name, _ in headers}
    added = [("host", "as.example"), ("content-length", str(len(body)))]
    fields = [*(h for h in added if h[0] not in given), *headers]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in fields],
        "client": ("192.0.2.1", 49152),
        "server": ("as.example", 443),
        "state": {},
    }


def response_of(sent: List[Dict[str, Any]]) -> Response:
    """Status, headers and body of the messages that the application sent."""
    start = next(m for m in sent if m["type"] == "http.response.start")
    headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in start.get("headers", [])]
    body = b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body")
    return start["status"], headers, body


class FastMcpDriver(Driver):
    name = "FastMCP InMemoryOAuthProvider"
    version = fastmcp.__version__
    methods = METHODS
    capabilities = [
        "client_secret_basic",
        "clock",
        "confidential_clients",
        "metadata",
        "native_redirects",
        "probe",
        "public_clients",
        "race",
        "refresh_token",
        "registration",
        "resource",
        "resource_scope",
        "revocation",
        "scope_as_requested",
    ]
    lifetimes = {"code": 300, "refresh_token": None}
    refusals = (AuthorizeError, RegistrationError, TokenError)

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._application: Optional[Application] = None
        self._starting = asyncio.Lock()

    async def reset(self) -> None:
        if self._application is not None:
            await self._application.stop()
            self._application = None
        self.provider = InMemoryOAuthProvider(
            base_url=BASE_URL,
            client_registration_options=ClientRegistrationOptions(
                enabled=True, valid_scopes=SCOPES, default_scopes=SCOPES
            ),
            revocation_options=RevocationOptions(enabled=True),
            required_scopes=["read"],
        )

    def show(self, value: Any) -> Any:
        if isinstance(value, BaseModel):
            return value.model_dump(mode="json", exclude_none=True)
        return value

    def override(self, loaded: BaseModel, fields: Dict[str, Any]) -> BaseModel:
        return loaded.model_copy(update=fields)

    # The endpoints.

    async def application(self) -> Application:
        """FastMCP's application over the provider, made when first asked for: it takes 15 ms."""
        async with self._starting:
            if self._application is None:
                server = fastmcp.FastMCP("grantcheck", auth=self.provider)
                app = server.http_app(path=MCP_PATH, json_response=True, stateless_http=True)
                self._application = Application(app)
                await self._application.start()
        return self._application

    async def request(
        self, method: str, path: str, headers: Headers, query: str, body: bytes, as_: Optional[str]
    ) -> Response:
        if (method, path) == ("GET", "/resource"):
            # What is protected is the MCP endpoint, and it takes POST only: the question is a ping.
            given = {name.lower() for name, _ in headers}
            headers = [*headers, *(h for h in MCP_HEADERS if h[0] not in given)]
            method, body = "POST", MCP_PING
        path = REAL_PATHS.get(path, path)
        application = await self.application()
        # `as_` is of no use: the provider approves whoever asks, and so `consent` is not declared.
        return await application.ask(method, path, headers, query, body)

    async def probe(self, token: str) -> bool:
        return await self.provider.verify_token(token) is not None

    # The methods.

    async def client(self, client_id: Optional[str]) -> OAuthClientInformationFull:
        known = await self.provider.get_client(client_id or "")
        return known or made_up_client(client_id)

    async def do_get_client(self, client_id: str) -> Optional[OAuthClientInformationFull]:
        return await self.provider.get_client(client_id)

    async def do_register_client(self, **fields: Any) -> Optional[OAuthClientInformationFull]:
        record = client_record(fields)
        await self.provider.register_client(record)
        return await self.provider.get_client(record.client_id)

    async def do_authorize(
        self,
        client: Optional[str] = None,
        as_: Optional[str] = None,
        state: Optional[str] = None,
        scopes: Optional[List[str]] = None,
        code_challenge: Optional[str] = None,
        redirect_uri: Optional[str] = None,
        resource: Optional[List[str]] = None,
        **_: Any,
    ) -> str:
        record = await self.client(client)
        try:
            params = AuthorizationParams(
                state=state,
                scopes=scopes,
                code_challenge=code_challenge,
                redirect_uri=redirect_uri or record.validate_redirect_uri(None),
                redirect_uri_provided_explicitly=redirect_uri is not None,
                resource=resource[-1] if resource else None,
            )
        except (InvalidRedirectUriError, ValidationError) as e:
            # So the handler above refuses.
            raise Refused("invalid_request", str(e)) from e
        return await self.provider.authorize(record, params)

    async def do_load_authorization_code(
        self, client: Optional[str] = None, authorization_code: str = "", **_: Any
    ) -> Any:
        return await self.provider.load_authorization_code(
            await self.client(client), authorization_code
        )

    async def do_exchange_authorization_code(
        self, client: Optional[str] = None, authorization_code: Any = None, **_: Any
    ) -> Any:
        return await self.provider.exchange_authorization_code(
            await self.client(client), authorization_code
        )

    async def do_load_refresh_token(
        self, client: Optional[str] = None, refresh_token: str = "", **_: Any
    ) -> Any:
        return await self.provider.load_refresh_token(await self.client(client), refresh_token)

    async def do_exchange_refresh_token(
        self,
        client: Optional[str] = None,
        refresh_token: Any = None,
        scopes: Optional[List[str]] = None,
        **_: Any,
    ) -> Any:
        # Where none are asked for, the handler above passes on those of the token.
        wanted = refresh_token.scopes if scopes is None else scopes
        return await self.provider.exchange_refresh_token(
            await self.client(client), refresh_token, wanted
        )

    async def do_load_access_token(self, token: str = "") -> Any:
        return await self.provider.load_access_token(token)

    async def do_verify_token(self, token: str = "") -> Any:
        return await self.provider.verify_token(token)

    async def do_revoke_token(self, token: str = "", **_: Any) -> None:
        loaded = await self.provider.load_access_token(token)
        if loaded is None and token in self.provider.refresh_tokens:
            owner = made_up_client(self.provider.refresh_tokens[token].client_id)
            loaded = await self.provider.load_refresh_token(owner, token)
        if loaded is not None:
            await self.provider.revoke_token(loaded)


if __name__ == "__main__":
    FastMcpDriver(CLOCK).run()
