"""Small numbers with one name and one value each."""

# Below this a probability is taken for this, so that its logarithm stays finite. Far
# below 1 / n for any number of rows, so that it moves no mean.
SMALLEST_PROBABILITY = 1e-12
# Quantiles of the normal distribution: one-sided 95 % and 99 %, two-sided 95 %.
ONE_SIDED_95 = 1.645
ONE_SIDED_99 = 2.326
TWO_SIDED_95 = 1.96
