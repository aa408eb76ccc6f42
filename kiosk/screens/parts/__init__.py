"""What screens are made of: texts, buttons, rows, pages, pictures. Each draws itself from the theme's roles."""
