"""What people (and metrics, in the same form) said of videos: read from many formats, every row checked."""
