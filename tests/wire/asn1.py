"""DER written by hand: a tag, a length, contents."""


def der(tag: int, *contents: bytes) -> bytes:
    """Return one value around its contents."""
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(octets))) + octets + content


def name(*pairs: tuple[str, str]) -> bytes:
    """Return an X.500 name of UTF-8 strings, each with the object identifier's octets in hex."""
    return der(
        0x30,
        *(
            der(0x31, der(0x30, der(6, bytes.fromhex(oid)), der(0x0C, value.encode())))
            for oid, value in pairs
        ),
    )


COMMON_NAME = "550403"
COUNTRY = "550406"
