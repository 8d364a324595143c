"""Audit a labelled table: facts first, then text, JSON, a frame of rows, or HTML."""

from sknoisy.report._audit import audit
from sknoisy.report._audit_report import AuditReport
from sknoisy.report._facts import (
    ClassFacts,
    ColumnFacts,
    Confusion,
    Finding,
    NoiseFacts,
    RankedLabels,
    TableFacts,
)
from sknoisy.report._table_encoder import TableEncoder

__all__ = [
    "AuditReport",
    "ClassFacts",
    "ColumnFacts",
    "Confusion",
    "Finding",
    "NoiseFacts",
    "RankedLabels",
    "TableEncoder",
    "TableFacts",
    "audit",
]
