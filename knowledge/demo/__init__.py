"""Demonstration communities: what they know and decided, as files, and the reader of these files."""
