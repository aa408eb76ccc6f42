"""The counting centre: a small real one, to run against and to be replaced."""
