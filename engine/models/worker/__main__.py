"""`python -m engine.models.worker`: started by engine.models.worker.client only."""

from engine.core.child_process import channel_to_app

if __name__ == "__main__":
    channel = channel_to_app()
    from engine.models.worker.process import main

    raise SystemExit(main(channel))
