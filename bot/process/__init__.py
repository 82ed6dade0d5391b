"""The operating system's process: how it listens and ends, its open files, and functions run in one of their own."""
