"""What chat and pages share of the monthly theme day: how it reads, planning it, moving it, its reminders."""
