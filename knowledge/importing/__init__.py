"""From a document that was read to entries as they would be: pure functions, no database."""
