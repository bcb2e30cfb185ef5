"""The language as data: one entry for each clause, stage, statement, function, field, type, option, format, keyword.

Everything that names or explains a part of the language reads it here: the checker, completion, hover, `\\help`, the
reference pages, `--spec`, the grammars of editors. What a part *does* is its body, on the floor that does it.
"""
