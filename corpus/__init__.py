"""Files, formats, text, languages, passages and their offsets. Knows no vectors, no queries, no HTTP."""
