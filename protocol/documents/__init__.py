"""Signed documents: everything that one machine tells another, as bytes in a DSSE envelope (DESIGN 6)."""
