"""Chat assistant for the routine life of Party branches."""

__version__ = "0.1.0"
