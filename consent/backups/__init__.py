"""The form of a backup: pure functions over streams of bytes, with no database and no clock.

A file is, from its first byte on:

    "Community AI backup\\n"              20 bytes
    format                               2 bytes, big-endian
    length of the head                   4 bytes, big-endian
    head                                 RFC 8785 JSON, in the clear (`head.py`)
    header of the secretstream           24 bytes
    pieces of 256 KiB, each 17 longer    libsodium's secretstream, the last one tagged FINAL (`stream.py`)

What the stream carries is a row of files and a manifest (`contents.py`), below the few folders that a backup may hold
(`names.py`). Its key is new for each backup and lies in the head twice: locked with a key of the node, and to the
public half of the recovery code (`keys.py`, `recovery_code.py`).
"""
