"""The command line: ``provenance COMMAND``, one file a command.

`main` chooses the command and loads its file only; each has ``add_arguments`` and ``run``,
and its docstring is its help. ``run`` gives an `Answer`: the exit status, the document that
``--json`` prints, and a function that shows the same to people. ``python -m
provenance.cli.demo`` leads through all of it.
"""
