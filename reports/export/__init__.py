"""Results written down: the same numbers as CSV, JSON, Markdown, LaTeX and a page to look at."""
