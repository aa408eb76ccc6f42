"""Removable media: what is in the slot, and when it comes and goes."""
