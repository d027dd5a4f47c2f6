"""Arabic: day, month, year. Django has no format for a date with its time and falls back to the English order."""

DATE_FORMAT = "j F Y"
DATETIME_FORMAT = "j F Y، H:i"
