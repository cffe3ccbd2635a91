"""The embedded judge: point tracks, camera, objects, and witnesses with units."""
