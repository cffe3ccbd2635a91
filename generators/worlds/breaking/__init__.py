"""How laws are broken: when, where, and by which intervention."""
