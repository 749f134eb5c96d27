"""`python -m engine.worker ADDRESS`: started by engine.worker.client only."""

from engine.worker.process import main

if __name__ == "__main__":
    raise SystemExit(main())
