"""The moderators' pages of this room: everything that is governed, to be read, and the work that moderators do."""

from governance.admin import community, decisions, members

__all__ = ["community", "decisions", "members"]
