"""Tasks whose first frame is drawn from a seed and whose outcome is checked by a program."""
