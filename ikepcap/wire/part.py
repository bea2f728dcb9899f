"""A readable piece of a message: what decoders of contents give, and renderers print."""

from msgspec import Struct


class Part(Struct, frozen=True):
    """Some octets of a message, and what they mean."""

    name: str
    start: int
    """Offset in the message, or in whatever the decoder was told to count from."""
    size: int
    """Octets it was read from; 0 where it follows from others and has none of its own."""
    value: str | bytes = ""
    """Text as captured, not yet harmless to a terminal; octets where no meaning is known."""
    parts: tuple["Part", ...] = ()
    is_secret: bool = False
    """A password or its like: not shown unless asked for."""
