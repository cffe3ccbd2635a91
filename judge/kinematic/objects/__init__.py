"""Objects of a shot, found in its pictures: plate of the still scene, bodies, sight, touches."""
