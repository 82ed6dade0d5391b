"""What chat and pages share of a feature: a file or a package each, between the store and handlers and pages."""
