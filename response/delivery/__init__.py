"""What Slack was answered "yes" to is done, and what Slack is owed is sent; each once, whatever
dies in between.

To understand it, read in this order:

1. ``models``: the tables. What is promised stands in a row before anybody is told so.
2. ``inbox``: what Slack told us. A row is claimed, its handlers run in one transaction with the
   mark that they are done, and rows of a channel keep their order.
3. ``debts``, ``mirrors`` and ``outbox``: what Slack is owed. A mirror is brought up to date, a
   message is sent once; both say *begun* before Slack is asked, and look for what they began if
   its answer was not noted.
4. ``lanes``: one holder a channel at a time, in order.
5. ``calls`` and ``errors``: asking Slack, when it lets us, and what may come of it.

``holders`` knows who is at what, ``clock`` what time it is; ``bell`` says that there is work. Who
does it, and when, is in ``response.background``; what there is to see of all this, to try again and
to clear away, in ``response.upkeep``.
"""
