"""The simulated slot for removable media."""
