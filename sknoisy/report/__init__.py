"""Audit a labelled table: facts first, then text, JSON, a frame of rows, or HTML."""

from sknoisy.report._audit import audit
from sknoisy.report._facts import (
    AuditReport,
    ColumnFacts,
    Confusion,
    Finding,
    NoiseFacts,
)
from sknoisy.report._table_encoder import TableEncoder

__all__ = [
    "AuditReport",
    "ColumnFacts",
    "Confusion",
    "Finding",
    "NoiseFacts",
    "TableEncoder",
    "audit",
]
