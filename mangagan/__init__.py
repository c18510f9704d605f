"""Colour for manga and comics with GANs, and restoration of damaged pictures, in JAX and Flax."""
