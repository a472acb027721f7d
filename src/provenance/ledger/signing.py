"""Signing the entries of a commit, each by the key that is in force at its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.ledger.keyhistory import (
    key_entries,
    read_declarations,
    replay_keys,
    signing_key,
)
from provenance.record.message import entry_message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from provenance.keys import KeyRing, Signer
    from provenance.ledger.chain import Chain
    from provenance.ledger.keyhistory import OperatorKey
    from provenance.record.entry import Genesis, Key
    from provenance.storage import View

SIGNING_THREADS: Final = 2
SIGNED_INLINE_MAX: Final = 16
"""Up to so many signatures, handing them to threads costs more than it saves."""


class EntrySigning:
    """Signs the entries of one log; ``threads`` help when there are many."""

    def __init__(self, keys: KeyRing, threads: Executor, *, origin: str) -> None:
        self._keys: Final = keys
        self._threads: Final = threads
        self._message_prefix: Final = entry_message(origin, b"")
        self._declarations: tuple[Genesis | Key, ...] = ()
        self._operator_keys: tuple[OperatorKey, ...] = ()

    def notice_rotation(self, view: View) -> None:
        """Read which keys the log declares, unless nothing was added since."""
        if [one.index for one in self._declarations] != key_entries(view):
            self._declarations = read_declarations(view)
            self._operator_keys = replay_keys(self._declarations)

    def sign(self, chain: Chain) -> list[bytes]:
        """Sign all entries, each by the key in force at its place.

        An entry of this commit may change which one that is for those behind it. Raises
        `PolicyError` where no key is in force, `KeyFileError` where it does not sign.
        """
        keys = self._operator_keys
        if chain.declarations:
            keys = replay_keys([*self._declarations, *chain.declarations])
        turns = {one.index + behind for one in chain.declarations for behind in (0, 1)}
        bounds = sorted({chain.start, *turns} - {chain.end})
        signatures: list[bytes] = []
        for first, last in zip(bounds, [*bounds[1:], chain.end], strict=True):
            signer = self._keys.signer("entry", signing_key(keys, first).verifier)
            part = chain.leaf_hashes[first - chain.start : last - chain.start]
            signatures += self._sign_all(signer, part)
        return signatures

    def _sign_all(self, signer: Signer, leaf_hashes: Sequence[bytes]) -> list[bytes]:
        """Sign leaf hashes by one key, on two threads when there are many.

        ``cryptography`` 50 and later releases the GIL while it signs.
        """
        sign, prefix = signer.sign, self._message_prefix

        def sign_slice(part: Sequence[bytes]) -> list[bytes]:
            return [sign(prefix + leaf) for leaf in part]

        if len(leaf_hashes) <= SIGNED_INLINE_MAX:
            return sign_slice(leaf_hashes)
        half = (len(leaf_hashes) + 1) // SIGNING_THREADS
        slices = [leaf_hashes[:half], leaf_hashes[half:]]
        return [
            signature for part in self._threads.map(sign_slice, slices) for signature in part
        ]
