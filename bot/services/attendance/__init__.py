"""What chat and pages share of a meeting's attendance: its opening and end, the picture, and what follows from it."""
