"""The version, for whoever wants nothing else of the package."""

__version__ = "0.1.0"
