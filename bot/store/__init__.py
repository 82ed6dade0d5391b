"""SQLModel tables and the queries on them, one file per feature."""
