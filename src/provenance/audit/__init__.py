"""The auditor's room: trust nobody, derive everything again from the stored bytes."""

from __future__ import annotations

from provenance.audit.report import AuditReport, Finding
from provenance.audit.run import audit

__all__ = ["AuditReport", "Finding", "audit"]
