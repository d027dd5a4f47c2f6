"""The lexical index of passages: words and trigrams, inside the database and its transactions."""
