"""What every machine and every observer must agree on, byte for byte: the Belenios record, version 1.

Source: the Belenios specification, release 3.3 (crypto version 1). Where this code is stricter than the
specification its docstrings say so.
"""
