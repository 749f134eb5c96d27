"""A crowd on the real app for a while: what `python -m bench.soak --only load` does longer."""

import pytest

from bench.soak.echo import overtaken
from bench.soak.load import growth, run

SESSIONS, SECONDS, SEED = 12, 12, 8


@pytest.mark.slow
def test_a_crowd_sees_only_its_own_and_leaves_nothing_behind() -> None:
    """No words or pages of others, no lost question, no file, thread or memory that stays."""
    report = run(sessions=SESSIONS, seconds=SECONDS, seed=SEED, with_models=False, idle_sessions=40)
    assert report["problems"] == []
    # The crowd really did what it is to survive.
    assert report["answered"] >= SESSIONS
    assert report["uploads"] >= SESSIONS
    assert report["served_by_echo"] >= report["answered"] - report["stopped"] - report["closings"]
    assert report["reloads"] + report["closings"] + report["stopped"] > 0
    assert 0 < report["first_text_seconds"]["p50"] <= report["whole_answer_seconds"]["p95"]


def test_overtaking_is_counted() -> None:
    def run_of(session: str, asked: float, began: float) -> dict[str, object]:
        return {"session": session, "asked": asked, "began": began}

    fair = [run_of("a", 0, 0), run_of("b", 1, 2), run_of("a", 2.5, 4), run_of("c", 1.5, 3)]
    assert overtaken(fair) == 0
    unfair = [run_of("b", 1, 9), run_of("a", 2, 3), run_of("a", 4, 5), run_of("c", 6, 7)]
    assert overtaken(unfair) == 1


def test_pages_in_work_are_no_growth_and_a_leak_beneath_them_is() -> None:
    busy = [10, 90, 12, 95, 11, 80, 14, 99, 13]
    assert growth(busy) == 3
    assert growth([size + 20 * at for at, size in enumerate(busy)]) > 100
    assert growth([7]) == 0
