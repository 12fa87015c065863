"""A practice Slack: a strict stand-in with a page, for trying Response without an account.

It knows Response only as Slack does: it sends signed requests to the app's three doors, and it
answers the Web API. Nothing here imports from ``response``.
"""
