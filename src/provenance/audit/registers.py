"""The sheets of a register that was loaded, held against the root in its entry.

They are kept in a file of their own, ``register/<index>``, which an export takes along. A
ledger does without the file, and then nothing is said of its sheets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.encoding import decode_base64
from provenance.errors import FormatError
from provenance.record.sheets import parse_sheet_file, sheets_root

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.audit.report import Findings
    from provenance.record.entry import Register

CHECK: Final = "register"
DIRECTORY: Final = "register"


class RegisterCheck:
    """Checks the files of sheets of the ledger at ``path``."""

    def __init__(self, path: Path, findings: Findings) -> None:
        self.lacking = 0
        """Register entries without a file of their sheets."""
        self._directory: Final = path / DIRECTORY
        self._findings: Final = findings

    def check(self, entry: Register) -> None:
        """Check the sheets of one register entry, where they are kept."""
        file = self._directory / str(entry.index)
        try:
            sheets = parse_sheet_file(file.read_bytes())
        except FileNotFoundError:
            self.lacking += 1
        except OSError as error:
            self._found(entry, f"its sheets cannot be read: {file}: {error.strerror}")
        except FormatError as error:
            self._found(entry, f"its sheets are damaged: {file}: {error}")
        else:
            if (len(sheets), sheets_root(sheets)) != (entry.sheets, decode_base64(entry.root)):
                self._found(entry, f"its sheets are not those of the entry: {file}")

    def _found(self, entry: Register, message: str) -> None:
        self._findings.add(CHECK, message, entry.index)
