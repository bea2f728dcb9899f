"""Records of failed negotiations as Windows has them, member by member, and what stands beside them.

Names and order are those of fwpmtypes.h: MM_FAILURE0 ends with `mmFilterId`, MM_FAILURE1 has all members.
None is what the wire cannot know.
"""

from typing import Final, Literal

from msgspec import Struct

SCHEMA: Final = "ikepcap.events/1"

Side = Literal["initiator", "responder"]
Certainty = Literal["proven", "likely", "possible"]


class MainModeFailure(Struct, frozen=True, rename="camel"):
    """FWPM_NET_EVENT_IKEEXT_MM_FAILURE1."""

    failure_error_code: int | None = None
    failure_point: str | None = None
    flags: int | None = None
    keying_module_type: str | None = None
    mm_state: str | None = None
    sa_role: str | None = None
    mm_auth_method: str | None = None
    end_cert_hash: str | None = None
    """SHA-1 of the peer's certificate, 40 hexadecimal digits; all zero where there can be none."""
    mm_id: int | None = None
    mm_filter_id: int | None = None
    local_principal_name_for_auth: str | None = None
    remote_principal_name_for_auth: str | None = None
    num_local_principal_group_sids: int | None = 0
    local_principal_group_sids: tuple[str, ...] = ()
    num_remote_principal_group_sids: int | None = 0
    remote_principal_group_sids: tuple[str, ...] = ()


class QuickModeFailure(Struct, frozen=True, rename="camel"):
    """FWPM_NET_EVENT_IKEEXT_QM_FAILURE0."""

    failure_error_code: int | None = None
    failure_point: str | None = None
    keying_module_type: str | None = None
    qm_state: str | None = None
    sa_role: str | None = None
    sa_traffic_type: str | None = None
    local_sub_net: str | None = None
    remote_sub_net: str | None = None
    qm_filter_id: int | None = None


class ExtendedModeFailure(Struct, frozen=True, rename="camel"):
    """FWPM_NET_EVENT_IKEEXT_EM_FAILURE0; only AuthIP has an extended mode."""

    failure_error_code: int | None = None
    failure_point: str | None = None
    flags: int | None = None
    em_state: str | None = None
    sa_role: str | None = None
    em_auth_method: str | None = None
    end_cert_hash: str | None = None
    mm_id: int | None = None
    qm_filter_id: int | None = None


Failure = MainModeFailure | QuickModeFailure | ExtendedModeFailure

UNION_MEMBER: Final[dict[type[Failure], str]] = {
    MainModeFailure: "ikeMmFailure",
    QuickModeFailure: "ikeQmFailure",
    ExtendedModeFailure: "ikeEmFailure",
}
"""What FWPM_NET_EVENT calls each; the order is that of the event types."""


class Header(Struct, frozen=True, rename="camel"):
    """What FWPM_NET_EVENT_HEADER says of the two ends."""

    time_stamp: str | None = None
    """RFC 3339; None where the capture cannot know when Windows gave up."""
    local_address: str | None = None
    local_port: int | None = None
    remote_address: str | None = None
    remote_port: int | None = None
    initiator_cookie: str | None = None
    """16 hexadecimal digits; no header of Windows has cookies, other exports may."""
    responder_cookie: str | None = None


class Expected(Struct, frozen=True):
    """One record that Windows would log at one end of a negotiation."""

    conversation: int | None
    """The report's number; None for AuthIP, which the report does not follow."""
    side: Side
    message_id: str | None
    """Of the quick mode; None for phase 1."""
    header: Header
    failure: Failure
    certainty: Certainty
    """How sure the error code is."""
    why: str
    """What was seen, and what the error code is consistent with."""
    error_name: str | None = None
    other_codes: tuple[int, ...] = ()
    """Codes that fit as well as, or where it is None instead of, `failureErrorCode`."""


class NetEvent(Struct, frozen=True):
    """One record that a Windows host exported."""

    line: int
    """Where it begins in the file."""
    header: Header
    failure: Failure


class Agreement(Struct, frozen=True):
    """One exported record beside the negotiation that it belongs to."""

    event: NetEvent
    conversation: int | None
    """None where the capture holds no negotiation that fits."""
    side: Side | None
    agrees: tuple[str, ...]
    """Members in which the record and the capture say the same."""
    disagrees: tuple[str, ...]
    """A sentence for each member in which they do not."""
    why: str
    """How the two were put together, or why not."""
