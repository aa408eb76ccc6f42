"""The frame of every simulated device: its own process, a control and a data socket, lasting state."""
