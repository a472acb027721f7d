"""Storage: the log's database, the vault, the head register, and durable writing.

Nothing here is trusted by anybody who verifies. What it promises to the ledger is that a
commit is true whole or not at all, that what returned is on the disk, and that the object
refuses to go on when that cannot be said any more.
"""

from provenance.storage.commit import Commit
from provenance.storage.datafile import commits
from provenance.storage.durable import make_directories, sync_directory, write_file
from provenance.storage.head import Head, HeadRegister
from provenance.storage.inspection import Inspection, status_rows
from provenance.storage.locking import WriterLock
from provenance.storage.store import Store, verify_database
from provenance.storage.vault import Vault
from provenance.storage.view import View
from provenance.storage.writing import Writing

__all__ = [
    "Commit",
    "Head",
    "HeadRegister",
    "Inspection",
    "Store",
    "Vault",
    "View",
    "WriterLock",
    "Writing",
    "commits",
    "make_directories",
    "status_rows",
    "sync_directory",
    "verify_database",
    "write_file",
]
