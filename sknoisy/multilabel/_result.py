"""What the analyses return: small frozen records of arrays."""

import warnings
from dataclasses import dataclass, fields

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning


@dataclass(frozen=True)
class Result:
    """Base of the records: arrays with an entry per label, or per pair of labels."""

    def __len__(self):
        """Return the number of labels, pairs or entries."""
        return len(getattr(self, fields(self)[0].name))

    def to_dict(self):
        """Return what the record holds by name, without copies."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def to_frame(self):
        """Return the arrays as columns of a data frame.

        Returns
        -------
        DataFrame
            A row per entry. The two ends of an interval are two columns, with the
            endings ``_low`` and ``_high``. Names of labels are the index.
        """
        pandas = import_pandas()
        # Numbers that belong to the whole, such as a correlation, are left out.
        columns = {}
        for name, value in self.to_dict().items():
            if np.ndim(value) == 1:
                columns[name] = value
            elif np.ndim(value) == 2:
                stem = name.removesuffix("_interval")
                columns[f"{stem}_low"], columns[f"{stem}_high"] = np.transpose(value)
        index = columns.pop("label_names", None)
        if index is not None:
            index = pandas.Index(index, name="label")
        return pandas.DataFrame(columns, index)


def import_pandas():
    """Return the module pandas, or say how to install it."""
    try:
        import pandas
    except ImportError as error:
        raise ImportError(
            "to_frame needs pandas. Install it with pip install "
            '".[report]" in the folder of sknoisy, or use to_dict, which needs nothing.'
        ) from error
    return pandas


def warn_undefined(undefined, label_names, text):
    """Warn once about the labels for which something has no value, if there are any."""
    # One warning for all labels, with five names: a thousand would hide the text.
    which = np.flatnonzero(undefined)
    if len(which):
        names = ", ".join(str(label_names[k]) for k in which[:5])
        more = f" and {len(which) - 5} more" if len(which) > 5 else ""
        warnings.warn(
            f"{text} Labels: {names}{more}.", UndefinedMetricWarning, stacklevel=3
        )
