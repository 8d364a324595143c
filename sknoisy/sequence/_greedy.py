"""Greedy selection among overlapping segments, in many groups side by side.

A greedy step takes the best segment left and everything it absorbs. Segments that no
chain of overlaps connects cannot absorb each other, so that each such *cluster*, in
each group, takes its step in the same round. The loop is over rounds alone.
"""

import numpy as np


def overlap_clusters(segments, groups):
    """Return the sets of segments of one group that overlaps hold together."""
    order = np.lexsort([segments[:, 0], groups])
    (start, end), group = segments[order].T, groups[order]
    by_end = np.argsort(end, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[by_end] = np.arange(len(order))
    new_group = starts_of_runs(group)
    # Ranks are exact where adding a large offset to the ends would round them.
    latest = np.maximum.accumulate(np.cumsum(new_group) * len(order) + rank)
    reach = end[by_end[latest % max(len(order), 1)]]
    new_cluster = new_group.copy()
    new_cluster[1:] |= start[1:] >= reach[:-1]
    clusters = np.empty(len(order), np.intp)
    clusters[order] = np.cumsum(new_cluster) - 1
    return clusters


def starts_of_runs(values):
    """Return the mask of entries that differ from the one before."""
    return np.append(np.ones(min(len(values), 1), bool), values[1:] != values[:-1])


def greedy_rounds(segments, scores, groups, absorbs):
    """Yield what the best segment of each cluster absorbs, round by round."""
    # Yields members, where each cluster starts in them, which is the place of its
    # leader, and leaders; "absorbs" maps positions of leaders and others to a mask.
    clusters = overlap_clusters(segments, groups)
    left = np.lexsort([-scores, clusters])
    clusters = clusters[left]
    while len(left):
        leads = starts_of_runs(clusters)
        leaders = left[leads]
        taken = leads | absorbs(leaders[np.cumsum(leads) - 1], left)
        yield left[taken], np.flatnonzero(leads[taken]), leaders
        left, clusters = left[~taken], clusters[~taken]


def decaying_leaders(segments, scores, groups, decay):
    """Return the scores after each segment, best first, has lowered those left."""
    clusters = overlap_clusters(segments, groups)
    left = np.argsort(clusters, kind="stable")
    clusters, current = clusters[left], scores[left]
    final = np.empty(len(scores))
    while len(left):
        opens = starts_of_runs(clusters)
        first, cluster = np.flatnonzero(opens), np.cumsum(opens) - 1
        # The first of those with the highest score of their cluster leads.
        best = np.maximum.reduceat(current, first)
        place = np.where(current == best[cluster], np.arange(len(left)), len(left))
        leads = np.minimum.reduceat(place, first)
        final[left[leads]] = best
        stays = np.ones(len(left), bool)
        stays[leads] = False
        factor = decay(left[leads][cluster[stays]], left[stays])
        left, clusters = left[stays], clusters[stays]
        current = current[stays] * factor
    return final
