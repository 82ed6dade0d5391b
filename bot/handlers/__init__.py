"""One file per feature: `FEATURE` lists its routes with the role that each requires, and its timed jobs."""
