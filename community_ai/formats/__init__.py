"""Formats of dates that Django lacks, one package per language (settings.FORMAT_MODULE_PATH)."""
