"""The table of secret names: headers, parameters, keys and environment variables.

Masking, scrubbing and scanning all go by it. It also says which headers a recording keeps: of a response
only those that are listed here or in a contract's `RedactionRules`; of a request all, so that it can be seen
that they were sent, but the values of those not listed are replaced.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from harness.redaction.rules import COMMON, RedactionRules, Side

__all__ = [
    "QUERY_NAMES",
    "Treatment",
    "credentials_in",
    "holds_account",
    "holds_owner",
    "is_secret_header",
    "key_kind",
    "kind_of_header",
    "names_credential",
    "names_secret_header",
    "names_secret_parameter",
    "query_kind",
    "treatment",
    "words",
]

Treatment = Literal["keep", "replace", "drop"]


def words(text: str) -> frozenset[str]:
    """Return the words of a list that is written as text."""
    return frozenset(text.split())


_KEPT_OF_REQUEST = words(
    "accept accept-charset accept-encoding accept-language anthropic-beta anthropic-version cache-control "
    "anthropic-dangerous-direct-browser-access connection content-encoding content-language content-length "
    "content-type date expect host http-referer keep-alive openai-beta origin pragma priority referer te "
    "transfer-encoding upgrade user-agent x-app x-goog-api-client x-title"
)
_KEPT_OF_RESPONSE = words(
    "age allow cache-control connection content-disposition content-encoding content-language content-length "
    "content-type date deprecation keep-alive location openai-model openai-processing-ms openai-version "
    "retry-after retry-after-ms server sunset transfer-encoding vary www-authenticate x-should-retry"
)
_KEPT_FAMILIES: dict[Side, tuple[str, ...]] = {
    "request": ("x-stainless-", "sec-fetch-"),
    "response": ("x-ratelimit-", "ratelimit", "anthropic-ratelimit-"),
}
_REPLACED_OF_RESPONSE = words(
    "anthropic-organization-id cf-ray openai-organization openai-project request-id set-cookie set-cookie2 "
    "x-api-key x-generation-id x-request-id"
)
_SURE = words(
    "anthropic-organization-id api-key authorization cookie openai-organization openai-project "
    "proxy-authorization set-cookie set-cookie2 x-amz-security-token x-api-key x-goog-api-key"
)
_LONG = re.compile(rb"[A-Za-z0-9._~+/=-]{20,}")
_SECRETIVE = re.compile(r"key|token|secret|auth|cookie|session|passw|credential|signature")

_KINDS = (
    ("cookie", re.compile(r"cookie")),
    ("org", re.compile(r"organi[sz]ation")),
    ("project", re.compile(r"project")),
    ("id", re.compile(r"request-id|generation-id|cf-ray")),
    ("api-key", re.compile(r"authorization|key")),
    ("token", re.compile(r"token|session|auth")),
)


@lru_cache(maxsize=1024)
def treatment(name: str, side: Side, rules: RedactionRules = COMMON) -> Treatment:
    """Return what becomes of a header of this name in a recording."""
    name = name.lower()
    if name in (_KEPT_OF_REQUEST if side == "request" else _KEPT_OF_RESPONSE):
        return "keep"
    if _may_be_kept(name, side) and (name.startswith(_KEPT_FAMILIES[side]) or rules.keeps(name, side)):
        return "keep"
    return "replace" if side == "request" or name in _REPLACED_OF_RESPONSE else "drop"


def _may_be_kept(name: str, side: Side) -> bool:
    if side == "response":
        return name not in _REPLACED_OF_RESPONSE and name not in _SURE
    return not _SECRETIVE.search(name)


@lru_cache(maxsize=1024)
def kind_of_header(name: str, side: Side, rules: RedactionRules = COMMON) -> str | None:
    """Return what a header of this name holds if that is a secret or an identifier (`id`), else None."""
    name = name.lower()
    if treatment(name, side, rules) == "keep":
        return None
    for kind, pattern in _KINDS:
        if pattern.search(name):
            return kind
    return "secret" if _SECRETIVE.search(name) else None


def is_secret_header(name: str, side: Side, value: bytes, rules: RedactionRules = COMMON) -> bool:
    """Return whether a stored header gives something away: `value` is all of it but for a scheme.

    Identifiers of a request do not. A name that only sounds like a secret does if the value could be one.
    """
    kind = kind_of_header(name, side, rules)
    if kind is None or kind == "id":
        return False
    return name.lower() in _SURE or (_LONG.fullmatch(value) is not None and not value.isdigit())


_KEYS = {
    "api-key": "authorization proxyauthorization secretaccesskey awssecretaccesskey privatekey secretkey",
    "token": "accesstoken refreshtoken idtoken authtoken sessiontoken bearertoken oauthtoken securitytoken "
    "xamzsecuritytoken clientsecret password passwd passphrase secret credential credentials",
    "cookie": "cookie cookies setcookie",
    "user": "user userid creatoruserid username safetyidentifier enduserid",
    "email": "email emailaddress useremail",
    "org": "org orgid orgname organization organizationid organizationname organisation organisationid "
    "accountid accountname accountuuid workspaceid tenantid customerid teamid",
}
_KIND_OF_KEY = {name: kind for kind, names in _KEYS.items() for name in names.split()}
_API_KEYS = ("apikey", "apikeys")  # of whatever provider: acme_api_key
_ONLY_IF_LONG = {"token": "token", "key": "api-key"}
_OWNERS = words("owner ownerid ownername owneremail budgetowner budgetownerid label")


@lru_cache(maxsize=4096)
def _plain(key: bytes) -> str:
    return key.translate(None, b"_-").lower().decode("latin-1")


def key_kind(key: bytes, value: bytes | None = None, *, owners: bool = False) -> str | None:
    """Return what a JSON or form field of this name holds if that is a secret, else None.

    `token` and `key` are everyday words: they count only where `value` could be a credential. `owners`
    takes the names of a budget's owner for secrets too.
    """
    name = _plain(key)
    kind = "api-key" if name.endswith(_API_KEYS) else _KIND_OF_KEY.get(name)
    if owners and name in _OWNERS:
        return "owner"
    if kind is None and name in _ONLY_IF_LONG and value is not None and _LONG.fullmatch(value):
        return _ONLY_IF_LONG[name]
    return kind


QUERY_NAMES = (
    rb"key|api[_-]?key|access[_-]?token|refresh[_-]?token|id[_-]?token|auth[_-]?token|token|sig|signature|"
    rb"client[_-]?secret|secret|password|passwd|auth|authorization|code|session[_-]?token|"
    rb"AWSAccessKeyId|GoogleAccessId|X-Amz-[A-Za-z-]{1,40}|X-Goog-[A-Za-z-]{1,40}"
)
_QUERY_NAME = re.compile(rb"(?i)(?:" + QUERY_NAMES + rb")")


@lru_cache(maxsize=1024)
def query_kind(name: bytes) -> str | None:
    """Return what a parameter of a URL or a form holds if that is a secret, else None."""
    if _QUERY_NAME.fullmatch(name):
        return "api-key" if b"key" in name.lower() else "token"
    return key_kind(name)


_ACCOUNT_PATH = re.compile(r"/(?:auth/key|key|keys(?:/[^/?#]*)?|credits|activity)/?(?=[?#]|$)")


def holds_account(url: str) -> bool:
    """Return whether responses from this URL are about an account and nothing else."""
    return _ACCOUNT_PATH.search(url) is not None


_BUDGET_PATH = re.compile(r"/usage/?(?=[?#]|$)")


def holds_owner(url: str) -> bool:
    """Return whether responses from this URL name the owner of a budget."""
    return _BUDGET_PATH.search(url) is not None


_CREDENTIAL_NAME = re.compile(r"(?i)(key|token|secret|passw(or)?d|credential|authorization|cookie)s?$")


def names_credential(name: str) -> bool:
    """Return whether an environment variable of this name holds a credential, going by the name alone."""
    return _CREDENTIAL_NAME.search(name) is not None


def credentials_in(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of `environment` whose names say that they hold a credential, name → value.

    Values shorter than 8 characters are left out: masking them would garble ordinary text.
    """
    return {name: value for name, value in environment.items() if len(value) >= 8 and names_credential(name)}


_CREDENTIALS = ("api-key", "token", "cookie", "secret")


def names_secret_header(name: str) -> bool:
    """Return whether a request header of this name holds a credential."""
    return names_credential(name) or kind_of_header(name, "request") in _CREDENTIALS


def names_secret_parameter(name: str) -> bool:
    """Return whether a query parameter of this name holds a credential."""
    return names_credential(name) or query_kind(name.encode("utf-8", "surrogatepass")) in _CREDENTIALS
