"""Benchmarks and measures. Nothing imports this package."""
