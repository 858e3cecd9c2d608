"""Datasets on disk: layout, manifest, reading, verification."""
