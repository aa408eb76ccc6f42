"""Receipt printers that speak ESC/POS: 80 and 58 mm thermal paper, by USB, serial line or TCP."""
