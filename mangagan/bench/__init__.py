"""Measurements: one train step against its twin in PyTorch, and the stream of batches against the step."""
