"""Neural networks trained despite label noise, on torch and skorch."""

try:
    import skorch  # noqa: F401
    import torch  # noqa: F401
except ImportError as error:
    raise ImportError(
        "sknoisy.deep needs torch and skorch, which are not installed. Run: "
        'pip install ".[deep]" in the folder of sknoisy.'
    ) from error

from sknoisy.deep._co_teaching import CoTeachingClassifier
from sknoisy.deep._early_learning import EarlyLearningClassifier
from sknoisy.deep._embedding_net import EmbeddingNetClassifier
from sknoisy.deep._loss_history import LossHistoryClassifier
from sknoisy.deep._losses import (
    ForwardCrossEntropyLoss,
    GeneralizedCrossEntropyLoss,
    SymmetricCrossEntropyLoss,
)
from sknoisy.deep._noise_adaptation import NoiseAdaptationClassifier
from sknoisy.deep._noise_layer import NoiseAdaptationLayer
from sknoisy.deep._resup_net import ReSupNetClassifier
from sknoisy.deep._sequence_net import SequenceNet
from sknoisy.deep._tagging_net import TaggingNetClassifier

__all__ = [
    "CoTeachingClassifier",
    "EarlyLearningClassifier",
    "EmbeddingNetClassifier",
    "ForwardCrossEntropyLoss",
    "GeneralizedCrossEntropyLoss",
    "LossHistoryClassifier",
    "NoiseAdaptationClassifier",
    "NoiseAdaptationLayer",
    "ReSupNetClassifier",
    "SequenceNet",
    "SymmetricCrossEntropyLoss",
    "TaggingNetClassifier",
]
