"""What happened, by name. A service sends these inside its transaction.

A receiver may write to the database; what it writes is kept or rolled back with the change. It
must not speak to the network: nothing is certain yet. Every signal has ``by`` (an ``Actor``), and
the sender is the model's class.
"""

from django.dispatch import Signal

incident_declared = Signal()  #: incident, by
incident_changed = Signal()  #: incident, changes ({field name: Change}), by
incident_closed = Signal()  #: incident, by
incident_reopened = Signal()  #: incident, by
incident_removed = Signal()  #: incident (still with its id), by

action_logged = Signal()  #: action, by
action_changed = Signal()  #: action, changes, by
action_removed = Signal()  #: action (still with its id), by

timeline_entry_added = Signal()  #: entry, by
timeline_entry_changed = Signal()  #: entry, by
timeline_entry_removed = Signal()  #: entry (still with its id), by

write_up_changed = Signal()  #: write_up (its text empty where it was removed), by

channel_requested = Signal()  #: incident, by
message_requested = Signal()  #: incident, text, by
