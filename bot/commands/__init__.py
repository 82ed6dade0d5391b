"""The work behind the commands that `bot/cli.py` lists."""
