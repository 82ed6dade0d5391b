"""What chat and pages share of ratings."""
