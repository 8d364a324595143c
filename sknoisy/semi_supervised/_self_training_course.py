"""The course of self-training: round after round, until it does no more good."""

import numpy as np

from sknoisy.semi_supervised._given_labels import judge
from sknoisy.semi_supervised._pseudo_labels import clearly_lower

# Standard errors by which held-out labels must have become less likely. Stopping costs
# little; giving up costs all that was gained, and few labels are easily mistaken.
TO_STOP, TO_GIVE_UP = 1, 2


class Course:
    """Rounds of self-training, and what is written down about each.

    Parameters
    ----------
    rounds : Rounds
        The steps of a round; its ``owner`` tells when to stop.

    judgement : Judgement
        What the labels given were worth at the start.

    action : str
        What is done with them.

    Attributes
    ----------
    history : list of dict
        An entry for the labels given alone, and one for each round.
    labeled_iter : ndarray of int of shape (n_samples,)
        Round since which a row has been trained on, -1 where it is left out.
    n_iter : int
        Number of rounds.
    condition : str
        Why they ended.
    """

    def __init__(self, rounds, judgement, action):
        self.rounds, self.owner = rounds, rounds.owner
        self.first = self.judgement = judgement
        self.action = action
        self.labeled_iter = np.where(rounds.labels.labeled, 0, -1)
        self.history, self.likelihoods, self.states = [], [], []
        self.n_iter, self.condition = 0, "max_iter"

    def run(self, learners):
        """Carry out the rounds.

        Parameters
        ----------
        learners : list of Learner
            As they started.

        Returns
        -------
        learner : Learner
            The one that sees all labels, after the round that counts.

        judgement : Judgement
            What the labels given were worth by then.
        """
        self._note(learners)
        for n_round in range(1, self.owner.max_iter + 1):
            self.n_iter = n_round
            learners = self._round(learners)
            self._note(learners)
            if self._over():
                break
        learner, judgement, self.labeled_iter = self.states[self._best()]
        return learner, judgement

    def _round(self, learners):
        """Return the learners after one more round."""
        before = [one.believed for one in learners]
        learners = self.rounds.believe(learners, self.first.power)
        if self.n_iter > 1 and len(learners) > 1:
            watched = [one.believed for one in learners[1:]]
            evidence = self.rounds.held_out(watched)
            self.judgement = judge(self.rounds, evidence)
        facts = self.judgement.posterior, self.action, self.n_iter
        tables = [
            self.rounds.table(*pair, *facts)
            for pair in zip(learners, before, strict=True)
        ]
        return self.rounds.teach(learners, tables)

    def _note(self, learners):
        """Write down what came of a round."""
        table, mass = learners[0].soft_labels, self.rounds.labels.sample_weight
        trained, changed = table.any(axis=1), None
        since = np.where(self.labeled_iter < 0, self.n_iter, self.labeled_iter)
        self.labeled_iter = np.where(trained | self.rounds.labels.labeled, since, -1)
        if self.states:
            before = self.states[-1][0].soft_labels
            other = table.argmax(axis=1) != before.argmax(axis=1)
            other |= trained != before.any(axis=1)
            changed = float(np.average(other, weights=mass))
        likelihood = self.rounds.log_likelihood(learners, self.first.forward)
        mean = None
        if likelihood is not None:
            mean = float(
                np.average(likelihood, weights=self.rounds.given.sample_weight)
            )
        self.states.append((learners[0], self.judgement, self.labeled_iter))
        self.likelihoods.append(likelihood)
        self.history.append(
            {
                "n_labeled": int(trained.sum()),
                "changed": changed,
                "held_out_log_likelihood": mean,
            }
        )

    def _over(self):
        """Whether to stop, and why."""
        if self._harmed(self.likelihoods[-1], self.likelihoods[self._likeliest()]):
            self.condition = "confirmation_bias"
            return True
        last = self.history[-1]
        if last["changed"] > self.owner.tol:
            return False
        complete = last["n_labeled"] >= np.count_nonzero(
            self.rounds.labels.sample_weight
        )
        self.condition = "all_labeled" if complete else "no_change"
        # Where rows are still to come, settled labels are no reason to stop.
        return complete or self.owner.criterion != "k_best"

    def _likeliest(self):
        """Return the number of the round in which held-out labels are likeliest."""
        means = [one["held_out_log_likelihood"] for one in self.history[1:]]
        return self.n_iter if means[-1] is None else 1 + int(np.argmax(means))

    def _harmed(self, found, reference, n_errors=TO_STOP):
        """Whether held-out labels have clearly become less likely."""
        if found is None:
            return False
        return clearly_lower(
            found, reference, self.rounds.given.sample_weight, n_errors
        )

    def _best(self):
        """Return the number of the round that counts, 0 for the labels given alone."""
        biased = self.condition == "confirmation_bias"
        best = self._likeliest() if biased else self.n_iter
        if self._harmed(self.likelihoods[best], self.likelihoods[0], TO_GIVE_UP):
            self.condition, best = "no_gain", 0
        return best
