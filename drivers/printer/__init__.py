"""Printers that say what they did: values and the driver's promise (`api`), and a simulated printer."""
