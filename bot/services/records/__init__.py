"""What chat and pages share of records: the minutes of each meeting, and the month for the office."""
