"""Reads what members bring in files: text, Markdown, CSV, TSV, XLSX, ODS, DOCX, ODT, PDF, EPUB, and our own export.

`reader.read()` starts a process of its own for each file (`child`), with bounds of memory, time and output, and gives
back a `Document`, or raises `Unreadable` with one sentence. What runs in the child (everything here but `reader` and
`refusals`) knows neither Django nor the database.
"""
