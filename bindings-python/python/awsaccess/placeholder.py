"""Placeholders: keys that a client signs with in the place of AWS's, which say for whom and for what they are.

They are sealed: whoever holds the gateway's keys can open one without a store, and nobody else can read or make one.

>>> from awsaccess import placeholder
>>> from awsaccess.access import Identity
>>> keys = placeholder.GatewayKeys(placeholder.new_key())
>>> made = placeholder.mint(keys, Identity("alice@example.com", "crm", "reader"), 3600, 1_800_000_000)
>>> claims = placeholder.open(keys, made.access_key_id, made.session_token)
>>> claims.identity, claims.expires_at
(Identity('alice@example.com', 'crm', 'reader'), 1800003600)

Change keys with an overlap: append ``new_key(keys.newest + 1)`` to the file, and take the old line out once everything
that it sealed has expired.
"""

from __future__ import annotations

from ._awsaccess import Claims, GatewayKeys, Revocations, Store, client_env, new_key
from ._awsaccess import mint_placeholder as mint
from ._awsaccess import open_placeholder as open

__all__ = ["Claims", "GatewayKeys", "Revocations", "Store", "client_env", "mint", "new_key", "open"]
