"""Where everything is put together: one module for each mode of a device."""
