"""The voter's screens: one class each, by what is special about it."""
