"""Our own bot as a target: the real program on a folder of its own. Nothing here is part of the bot."""
