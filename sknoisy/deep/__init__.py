"""Neural networks trained despite label noise, on torch and skorch."""

try:
    import skorch  # noqa: F401
    import torch  # noqa: F401
except ImportError as error:
    raise ImportError(
        "sknoisy.deep needs torch and skorch, which are not installed. Run: "
        'pip install "sknoisy[deep]"'
    ) from error

from sknoisy.deep._resup_net import ReSupNetClassifier

__all__ = ["ReSupNetClassifier"]
