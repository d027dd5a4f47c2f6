from consent.models.grant import Grant, ShownText
from consent.models.personal_key import PersonalKey
from consent.models.personal_row import PersonalRow

__all__ = ["Grant", "PersonalKey", "PersonalRow", "ShownText"]
