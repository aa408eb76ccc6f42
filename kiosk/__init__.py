"""The terminal application: what a voter and the station's staff see and do."""
