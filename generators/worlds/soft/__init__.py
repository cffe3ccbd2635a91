"""Things that are not rigid: water, smoke, cloth and people, drawn without physics, to tell them from rigid ones."""
