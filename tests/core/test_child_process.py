"""A child process answers, and whatever ends one side is noticed by the other."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from bench.app_process import ROOT
from engine.core.child_process import ChildProcess

MODULE = "tests.core.echoing_child"
PARENT = f"""
import os, time
from engine.core.child_process import ChildProcess
child = ChildProcess({MODULE!r}, os.environ)
child.send(b"?")
child.receive()
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def child() -> Iterator[ChildProcess]:
    process = ChildProcess(MODULE, os.environ)
    yield process
    process.end()


def test_messages_of_any_size_come_back_whole(child: ChildProcess) -> None:
    for message in (b"", b"\n\x00", os.urandom(3_000_000)):
        child.send(message)
        assert child.receive() == message


def test_messages_of_several_threads_are_never_mixed(child: ChildProcess) -> None:
    messages = [bytes([number]) * 200_000 for number in range(4)]
    threads = [threading.Thread(target=child.send, args=(message,)) for message in messages]
    for thread in threads:
        thread.start()
    assert sorted(child.receive() for _ in messages) == messages
    for thread in threads:
        thread.join()


def test_what_is_printed_there_is_no_message_and_what_is_read_is_empty(
    child: ChildProcess,
) -> None:
    for message, answer in ((b"print", b"print"), (b"read", b"nothing"), (b"?", b"?")):
        child.send(message)
        assert child.receive() == answer


def test_the_end_of_the_child_is_noticed_by_who_waits_for_it(child: ChildProcess) -> None:
    child.send(b"die")
    with pytest.raises(EOFError):
        child.receive()
    assert child.end() == child.status == 7
    assert not child.is_alive
    with pytest.raises(OSError):
        child.send(b"?")
    with pytest.raises(EOFError):
        child.receive()


def test_a_child_that_takes_longer_than_its_deadline_is_killed(child: ChildProcess) -> None:
    started = time.monotonic()
    child.send(b"hang")
    with pytest.raises(EOFError), child.deadline(0.2):
        child.receive()
    assert time.monotonic() - started < 20
    assert child.end() != 0


def test_within_its_deadline_a_child_lives_on(child: ChildProcess) -> None:
    child.send(b"?")
    with child.deadline(60):
        child.receive()
    assert child.is_alive


def test_a_child_that_is_asked_to_end_ends_by_itself(child: ChildProcess) -> None:
    assert child.end(60) == 0
    assert child.end() == 0


def test_a_child_that_neither_reads_nor_ends_is_killed_although_a_sender_waits_for_it(
    child: ChildProcess,
) -> None:
    child.send(b"hang")
    failed = threading.Event()

    def send() -> None:
        try:
            child.send(bytes(3_000_000))
        except OSError:
            failed.set()

    threading.Thread(target=send, daemon=True).start()
    time.sleep(0.2)
    assert child.end(0.2) != 0
    assert failed.wait(20)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_no_child_outlives_an_app_that_was_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    gone = time.monotonic() + 20
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < gone
        time.sleep(0.02)
