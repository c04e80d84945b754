"""Measures Packet Post beside its peers on one machine: `make bench`. README.md tells what, how and how noisy."""
