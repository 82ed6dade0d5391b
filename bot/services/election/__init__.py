"""What chat and pages share of branch elections: terms, preparation, votes on paper, totals and reports."""
