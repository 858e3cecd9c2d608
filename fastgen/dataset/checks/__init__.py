"""What must hold in a dataset: its files, its manifest, and every one of its rows."""
