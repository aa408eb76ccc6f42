"""The election day that plays by itself, and the panel of simulated devices."""
