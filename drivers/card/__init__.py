"""Smart cards: readers and connections (`api`), the PIV protocol (`piv`), a simulated reader with cards."""
