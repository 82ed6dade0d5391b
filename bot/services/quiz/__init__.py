"""What chat and pages share of quizzes."""
