"""Report printers on A4, by the Internet Printing Protocol: through CUPS, or straight to a printer that speaks it."""
