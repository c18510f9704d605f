"""Benchmarks: one train step against its PyTorch twin, and the stream of batches against the train step."""
