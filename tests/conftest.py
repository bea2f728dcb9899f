"""Settings of all tests."""

from hypothesis import settings

# A machine with other work to do is not a failure: what must be fast is bounded where it is tested.
settings.register_profile("ours", deadline=None)
settings.load_profile("ours")
