"""Videos for the cases of a suite: what is asked for, what is made of it, what is kept of it."""
