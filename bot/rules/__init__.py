"""Pure rules: values in, values out; no I/O, no clock, no user-facing text.

A module may import other modules of this package and nothing else of the project.

| Module     | Rules                                                                   |
|------------|-------------------------------------------------------------------------|
| calendar   | CA-1..CA-7: working days, make-up workdays, moving a date in its month  |
| audit      | NS-3: the chain of the audit log, and what was done to one that is not whole |
| theme_day  | TD-5, TD-7, TD-8, TD-10: the branch's day, its reminders, same content  |
| quiet      | TD-10: quiet hours                                                      |
| attendance | AT-1..AT-6, AT-8: status, the two rates, make-ups, sessions missed      |
| meeting    | MD-1..MD-4, DV-1, MT-1..MT-8, MT-11, MT-12: votes and required meetings |
| quiz       | EX-2: scoring of answers                                                |
| secrecy    | SC-6: marks and numbers that must not enter a chat                      |
| answers    | reading the option numbers a member typed                               |
| records    | RC-1..RC-3: due date, lock, dated corrections                           |
| rating     | SR-7..SR-14, DR-3: counts, exact totals, ranks, what may be shown        |
| election   | EL-1..EL-25: terms, base, quorum, counts and results, the report        |
| strokes    | EL-12: names in the order of surname strokes                            |
| people     | BS-1, BS-2, BS-5, EL-6: stages, posts, voting rights, branch size       |
"""
