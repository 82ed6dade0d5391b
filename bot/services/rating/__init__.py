"""What chat and pages share of ratings: what is told at each stage, the one reminder, the roll that is uploaded."""
