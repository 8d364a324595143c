"""Learn from wrong labels, and find them, the scikit-learn way."""

__version__ = "0.1.0"
