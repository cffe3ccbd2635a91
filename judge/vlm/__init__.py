"""Judges that show a clip to a vision-language model and read its answers as probabilities."""
