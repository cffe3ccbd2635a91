"""A witness for each law, which looks at bodies and says what no lawful motion explains."""
