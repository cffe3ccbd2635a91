"""Errors whose message is meant for the user: what was asked, what was found, what to do."""


class LawfulError(Exception):
    """Base of all errors that are shown to the user as one message, without a traceback."""


class InputError(LawfulError):
    """Something that came from outside (video, checklist, table, stored run) is not usable as it is."""


class AbsentError(LawfulError):
    """What was asked for by name (judge, suite, decoder, device, package) is not here."""
