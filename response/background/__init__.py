"""Who does the work behind the answers, and when: threads of the web processes, a worker, a task of
Django's Tasks, or a clock of the host's; and the sweep, which finds what was left behind.

The database is the queue, so all of them may work at once, and any of them may die.
"""
