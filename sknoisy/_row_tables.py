"""Fitted attributes with an entry for each training row, and how to be rid of them."""

from sklearn.base import BaseEstimator

# Each of them describes the rows of ``fit``; none is needed to predict.
ROW_TABLES = frozenset(
    {
        "clean_proba_",
        "cluster_labels_",
        "evidence_",
        "flipped_",
        "label_quality_",
        "label_weights_",
        "labeled_iter_",
        "labels_",
        "models_agree_",
        "outlier_mask_",
        "proba_",
        "pruned_",
        "sample_quality_",
        "sample_weight_",
        "similarities_",
        "similarity_",
        "soft_labels_",
        "transduction_",
    }
)


def drop_row_tables(estimator):
    """Delete the row tables of an estimator of ours and of the steps in it.

    Parameters
    ----------
    estimator : estimator
        It is changed in place. The classifier that predicts is left as it is, whatever
        it keeps of its rows, unless it is one of ours.
    """
    for name, value in list(vars(estimator).items()):
        if name in ROW_TABLES:
            delattr(estimator, name)
        elif name.endswith("_") and _is_ours(value):
            drop_row_tables(value)


def _is_ours(value):
    module = type(value).__module__
    return isinstance(value, BaseEstimator) and module.startswith("sknoisy.")
