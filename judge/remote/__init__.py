"""Judges that are models behind a server: asked over HTTP, one conversation a question or a clip."""
