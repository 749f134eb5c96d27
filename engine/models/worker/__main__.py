"""`python -m engine.models.worker ADDRESS`: started by engine.models.worker.client only."""

from engine.models.worker.process import main

if __name__ == "__main__":
    raise SystemExit(main())
