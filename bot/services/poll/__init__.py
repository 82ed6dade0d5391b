"""What chat and pages share of polls: what may be asked, putting it out, how it reads, and its end."""
