"""The Starlette app: pages per feature, templates, static files of our own."""
