import threading

from engine.core.stop_event import StopEvent


def test_whoever_waits_is_told_once_and_late_comers_at_once() -> None:
    told: list[str] = []
    stop = StopEvent()
    stop.add_callback(lambda: told.append("early"))
    assert told == []
    stop.set()
    stop.set()
    assert told == ["early"]
    stop.add_callback(lambda: told.append("late"))
    assert told == ["early", "late"]
    assert stop.is_set() and stop.wait(0)


def test_who_does_not_wait_any_more_is_not_told() -> None:
    told: list[int] = []

    def tell() -> None:
        told.append(1)

    stop = StopEvent()
    stop.add_callback(tell)
    stop.remove_callback(tell)
    stop.remove_callback(tell)
    stop.set()
    assert told == []


def test_no_callback_is_lost_between_threads() -> None:
    for _ in range(200):
        stop, told = StopEvent(), threading.Event()
        threads = [
            threading.Thread(target=stop.set),
            threading.Thread(target=stop.add_callback, args=(told.set,)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert told.is_set()
