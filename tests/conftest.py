"""Settings of all tests."""

import signal

from hypothesis import settings

# A machine with other work to do is not a failure: what must be fast is bounded where it is tested.
settings.register_profile("ours", deadline=None)
settings.load_profile("ours")

# Shells start what runs in the background with interrupts ignored, and whatever that starts inherits it. Some
# tests interrupt programs.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
