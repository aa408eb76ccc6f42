"""Devices of a terminal: each has an `api` and drivers behind it; of ours they import only `protocol`."""
