"""Read the template folder of a universe, check it, make the engine's arrays of it, and write presets."""
