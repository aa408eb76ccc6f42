"""A simulated receipt printer that keeps its paper as PNG: `python -m drivers.printer.simulated`."""
