"""Which checks belong to a finding, given what the two peers run.

The knowledge is in `check_table`, taken in when the first finding is made. What is returned is shared: the
same dictionary for all findings of a code between boxes of the same two families.
"""

import functools
from types import MappingProxyType
from typing import Final

UNRECOGNISED: Final = "any"

# By the first word of the implementation, as `wire.vendor_ids` writes it; "Cisco" needs the second.
_FAMILY: Final = MappingProxyType(
    {
        "fortigate": "fortigate",
        "fortinet": "fortigate",
        "juniper": "juniper",
        "windows": "windows",
        "strongswan": "strongswan",
        "libreswan": "libreswan",
        "openswan": "libreswan",
        "racoon": "racoon",
        "cisco asa,": "asa",
        "cisco ios": "ios",
    }
)


def family_of(implementation: str | None) -> str:
    """Return the family of boxes an implementation belongs to; "any" where its checks are not known.

    ScreenOS is no Junos: "Juniper/NetScreen" has none of Junos' commands.
    """
    words = (implementation or "").lower().split()
    name = " ".join(words[:2] if words[:1] == ["cisco"] else words[:1])
    return _FAMILY.get(name, UNRECOGNISED)


@functools.lru_cache(maxsize=4096)
def checks(code: str, initiator: str | None, responder: str | None) -> dict[str, tuple[str, ...]]:
    """Return what to look at, by family, those of the initiator first; empty where the code has no checks.

    Args:
        code: a finding's.
        initiator: what it runs, None where nothing tells.
        responder: likewise.

    A peer that is not recognised, or whose family has no checks for this code, gets the general ones. The
    dictionary is shared and not to be changed.
    """
    from ikepcap.diagnose.check_table import CHECKS  # nothing needs it while all is well

    table = CHECKS.get(code)
    if table is None:
        return {}
    families = [
        family if family in table else UNRECOGNISED for family in map(family_of, (initiator, responder))
    ]
    # The general checks say the same in more words: they come last.
    ordered = sorted(dict.fromkeys(families), key=UNRECOGNISED.__eq__)
    return {family: table[family] for family in ordered}
