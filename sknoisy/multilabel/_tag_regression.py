"""What the other tags of a row say about each of its tags."""

import numpy as np

# In rows: how many of them a dependence between tags must be worth. Chosen on emotions,
# yeast and generators among 3, 10 and 30, which hardly differ.
RIDGE = 10.0


class TagRegression:
    r"""Ridge regression of each tag on all others, fitted on the other folds.

    With the centred tags :math:`Z` of the training rows and
    :math:`P = (Z^\top Z + \lambda I)^{-1}`, the coefficients without a tag's own are
    :math:`B_{ij} = -P_{ij} / P_{jj}`: one inverse of a K x K matrix serves all tags.

    Parameters
    ----------
    labels : TagLabels
        The tags.

    folds : list of (ndarray, ndarray)
        Row numbers to train on and to hold out.

    References
    ----------
    H. Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019.
    """

    def __init__(self, labels, folds):
        self.n_samples = labels.tags.n_samples
        self.parts = []
        table = labels.tags.matrix.astype(float)
        for train, test in folds:
            mean, slopes = _regress(table[train], labels.sample_weight[train])
            self.parts.append((test, table[test], mean, slopes))

    def column(self, k):
        """Return the predictions of tag k; rows never held out have the mean."""
        total, times = np.zeros(self.n_samples), np.zeros(self.n_samples)
        for test, table, mean, slopes in self.parts:
            slope = slopes[:, k]
            np.add.at(total, test, table @ slope + (mean[k] - mean @ slope))
            np.add.at(times, test, 1)
        usual = np.mean([mean[k] for _, _, mean, _ in self.parts])
        return np.divide(
            total, times, out=np.full(self.n_samples, usual), where=times > 0
        )


def _regress(table, mass):
    """Return the mean of each tag and the coefficients of the others."""
    total = max(mass.sum(), 1.0)
    mean = (mass @ table) / total
    weighted = table.multiply(mass[:, None]).tocsr()
    gram = (table.T @ weighted).toarray() - total * np.outer(mean, mean)
    inverse = np.linalg.inv(gram + RIDGE * np.eye(len(gram)))
    slopes = -inverse / np.diag(inverse)
    np.fill_diagonal(slopes, 0)
    return mean, slopes
