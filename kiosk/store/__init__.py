"""The vote store and the event journal of one terminal (DESIGN 8). Only `kiosk.effects` and `kiosk.sync` use it."""
