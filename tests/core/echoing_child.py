"""A child process that tests talk to: it does what a message says and sends it back."""

import os
import sys
import time

from engine.core.child_process import channel_to_app


def main() -> None:
    channel = channel_to_app()
    while True:
        try:
            message = channel.receive()
        except EOFError:
            return
        match message:
            case b"print":
                print("a library's words", flush=True)
                os.system("echo and those of a program")
            case b"read":
                message = sys.stdin.read().encode() + b"nothing"
            case b"hang":
                time.sleep(600)
            case b"die":
                os._exit(7)
        channel.send(message)


if __name__ == "__main__":
    main()
