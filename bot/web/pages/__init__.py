"""One file per feature; each declares its routes with the role that they require."""
