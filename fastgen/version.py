"""The version of fastgen, which files and manifests state."""

__version__ = "0.1.0"
