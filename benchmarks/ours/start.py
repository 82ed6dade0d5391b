"""Starts app.py as the command line starts the server: the collector is off while modules load."""

import gc


def main() -> None:
    """Load, then serve."""
    gc.disable()
    from benchmarks.ours.app import main as serve

    serve()


if __name__ == "__main__":
    main()
