"""What the log records: entries, the records they commit to, and what is stored beside.

Pure functions over bytes; nothing here reads a file, a clock or a source of randomness. A
verifier needs ``entry``, ``commitment``, ``bundle`` and ``status``, with ``forms`` and
``message`` below them; only those who keep a ledger need ``payload``.
"""
