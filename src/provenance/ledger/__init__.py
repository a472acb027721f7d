"""The ledger: deposit, publish, prove, find."""

from __future__ import annotations

from provenance.ledger.core import Ledger
from provenance.ledger.form import form_digest
from provenance.ledger.rights import DepositSignature
from provenance.ledger.screening import Accept, Refuse

__all__ = ["Accept", "DepositSignature", "Ledger", "Refuse", "form_digest"]
