"""Random input of every kind: a right result, or an error that names what came.

The long run of the same cases is ``benchmarks/bench_random_cases.py``.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import random_cases
from random_cases import CALLS, MEMBERS, run_case

# Each part of so many cases is one test.
PART, N_PARTS = 40, 10
# Seeds of the long run whose outcome was bad or unclear, with what was called.
SEEDS_THAT_FAILED = [(199, "noise_corrected_score"), (343, "noise_corrected_score")]


def test_every_public_member_is_called_or_left_out_for_a_reason():
    assert set(MEMBERS) <= set(CALLS)
    assert not set(CALLS) & set(random_cases.MEMBERS_OUTSIDE)


@pytest.mark.parametrize("part", range(N_PARTS))
def test_random_input(part):
    outcomes = [run_case(seed) for seed in range(PART * part, PART * (part + 1))]
    wrong = [str(o) for o in outcomes if o.verdict not in {"right", "refused"}]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("seed", "member"), SEEDS_THAT_FAILED)
def test_input_that_has_failed(seed, member):
    outcome = run_case(seed, [member])
    assert outcome.verdict in {"right", "refused"}, str(outcome)


# The harness itself


def test_a_result_that_breaks_a_promise_is_bad(monkeypatch):
    def wrong(rng, *, faults):
        def check(value):
            assert value < 1, f"{value} is not below 1"

        return random_cases.Call(lambda: 2, ["any"], False, check)

    monkeypatch.setitem(CALLS, "wrong", wrong)
    outcome = run_case(0, ["wrong"])
    assert str(outcome).startswith("bad: seed 0, wrong(any): 2 is not below 1")


@pytest.mark.parametrize("fault", [False, True])
def test_an_error_from_elsewhere_is_unclear(monkeypatch, fault):
    def broken(rng, *, faults):
        return random_cases.Call(lambda: [][0], ["none"], fault)

    monkeypatch.setitem(CALLS, "broken", broken)
    outcome = run_case(0, ["broken"])
    assert outcome.verdict == "unclear"
    assert outcome.detail.startswith("IndexError: list index out of range")


def test_right_input_that_is_refused_is_bad(monkeypatch):
    def refused(rng, *, faults):
        call = CALLS["make_transition_matrix"](rng, faults=True)
        return random_cases.Call(call.run, call.kinds, False)

    monkeypatch.setitem(CALLS, "refused", refused)
    verdicts = {run_case(seed, ["refused"]).verdict for seed in range(20)}
    assert "bad" in verdicts
