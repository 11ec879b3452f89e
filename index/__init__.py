"""Encoders, the store, the vector index and ranking: query in, hits out. Knows no answers, no notices, no HTTP."""
