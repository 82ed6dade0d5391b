"""Starts app.py as the command line starts the server: no collector and no search for plugins while modules load."""

import gc
import os


def main() -> None:
    """Load, then serve."""
    gc.disable()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from benchmarks.ours.app import main as serve

    serve()


if __name__ == "__main__":
    main()
