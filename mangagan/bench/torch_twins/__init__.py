"""The networks, losses and train steps of the experiments in plain PyTorch, for parity tests and for the benchmark."""
