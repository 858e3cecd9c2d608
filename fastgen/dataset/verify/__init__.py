"""Check a dataset against its manifest, its scenario and the rules of the model."""
