"""A simulated card reader with a wallet of PIV cards, as a process: `python -m drivers.card.simulated`."""
