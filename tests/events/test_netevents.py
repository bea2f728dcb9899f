"""Exports of a Windows host: read whatever their form, and not trusted."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ikepcap.errors import IkepcapError
from ikepcap.events.model import ExtendedModeFailure, Header, MainModeFailure, NetEvent, QuickModeFailure
from ikepcap.events.netevents import MAX_BYTES, read_netevents
from ikepcap.renderers.winevent import xml_lines
from tests.events.watched import records
from tests.report.scene import RETRIES, Scene

MAIN = """
<item>
  <header>
    <timeStamp>2026-03-02T08:01:10.120Z</timeStamp>
    <flags numItems="2"><item>FWPM_NET_EVENT_FLAG_IP_PROTOCOL_SET</item>
      <item>FWPM_NET_EVENT_FLAG_LOCAL_ADDR_SET</item></flags>
    <ipVersion>FWP_IP_VERSION_V4</ipVersion><ipProtocol>17</ipProtocol>
    <localAddrV4>192.0.2.1</localAddrV4><remoteAddrV4>198.51.100.7</remoteAddrV4>
    <localPort>500</localPort><remotePort>500</remotePort><scopeId>0</scopeId>
    <appId><data>5c00</data><asString>x</asString></appId><userId>S-1-5-18</userId>
  </header>
  <type>FWPM_NET_EVENT_TYPE_IKEEXT_MM_FAILURE</type>
  <ikeMmFailure>
    <failureErrorCode>13868</failureErrorCode>
    <failurePoint>IPSEC_FAILURE_PEER</failurePoint>
    <flags numItems="1"><item>FWPM_NET_EVENT_IKEEXT_MM_FAILURE_FLAG_MULTIPLE</item></flags>
    <keyingModuleType>IKEEXT_KEY_MODULE_IKE</keyingModuleType>
    <mmState>IKEEXT_MM_SA_STATE_SA_SENT</mmState>
    <saRole>IKEEXT_SA_ROLE_INITIATOR</saRole>
    <mmAuthMethod>IKEEXT_PRESHARED_KEY</mmAuthMethod>
    <endCertHash>0000000000000000000000000000000000000000</endCertHash>
    <mmId>77</mmId><mmFilterId>66231</mmFilterId>
    <localPrincipalNameForAuth/>
    <numLocalPrincipalGroupSids>0</numLocalPrincipalGroupSids><localPrincipalGroupSids/>
  </ikeMmFailure>
  <internalFields><anything>new</anything></internalFields>
</item>"""
FAILURE = MainModeFailure(
    13868, "IPSEC_FAILURE_PEER", 2, "IKEEXT_KEY_MODULE_IKE", "IKEEXT_MM_SA_STATE_SA_SENT",
    "IKEEXT_SA_ROLE_INITIATOR", "IKEEXT_PRESHARED_KEY", "0" * 40, 77, 66231,
)  # fmt: skip
HEADER = Header("2026-03-02T08:01:10.120Z", "192.0.2.1", 500, "198.51.100.7", 500)


def export(*items: str, declaration: str = '<?xml version="1.0" encoding="UTF-8"?>') -> str:
    return f'{declaration}<netEvents numItems="{len(items)}">{"".join(items)}</netEvents>'


def read(text: str | bytes) -> tuple[NetEvent, ...]:
    return read_netevents(text.encode() if isinstance(text, str) else text, "host.xml")


def test_a_main_mode_failure_is_read_whole() -> None:
    assert read(export(MAIN)) == (NetEvent(2, HEADER, FAILURE),)


@pytest.mark.parametrize(
    "text",
    [
        export(MAIN.replace("item>", "netEvent>", 1)[:-5] + "netEvent>"),
        f"<wfpdiag>{export(MAIN, declaration='')}</wfpdiag>",
        export(MAIN).replace("netEvents", "NETEVENTS"),
        export(MAIN.replace("ikeMmFailure", "IKEMMFAILURE").replace("mmState", "MMSTATE")),
        export("<item><type>3</type><classifyDrop><filterId>1</filterId></classifyDrop></item>", MAIN),
    ],
)
def test_the_frame_around_an_event_may_differ(text: str) -> None:
    (event,) = read(text)
    assert (event.header, event.failure) == (HEADER, FAILURE)


def test_numbers_stand_for_symbols_and_order_does_not_matter() -> None:
    text = export("""<item><ikeMmFailure>
      <mmFilterId>0x102b7</mmFilterId><mmId>77</mmId>
      <endCertHash>00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00</endCertHash>
      <mmAuthMethod>0</mmAuthMethod><saRole>0</saRole><mmState>1</mmState>
      <keyingModuleType>0x0</keyingModuleType><flags>2</flags><failurePoint>2</failurePoint>
      <failureErrorCode>0x362C</failureErrorCode></ikeMmFailure>
      <type>0</type><header><remotePort>500</remotePort><localPort>500</localPort>
      <remoteAddrV4>3325256711</remoteAddrV4><localAddrV4>3221225985</localAddrV4>
      <timeStamp>2026-03-02T08:01:10.120Z</timeStamp></header></item>""")
    (event,) = read(text)
    assert (event.header, event.failure) == (HEADER, FAILURE)


def test_error_codes_may_be_symbols_and_members_may_stand_without_their_union() -> None:
    (event,) = read(
        export("<item><type>FWPM_NET_EVENT_TYPE_IKEEXT_MM_FAILURE</type>"
               "<failureErrorCode>ERROR_IPSEC_IKE_TIMED_OUT</failureErrorCode><mmState>3</mmState></item>")
    )  # fmt: skip
    assert event.failure == MainModeFailure(13805, flags=0, mm_state="IKEEXT_MM_SA_STATE_FINAL")


def test_what_cannot_be_read_is_none_and_not_an_error() -> None:
    (event,) = read(
        export("<item><header><localAddrV4>nowhere</localAddrV4><localPort>70000</localPort></header>"
               "<ikeMmFailure><failureErrorCode>many</failureErrorCode><mmState>IKEEXT_NEW</mmState>"
               "<endCertHash>short</endCertHash><mmId>99999999999999999999999</mmId>"
               "<flags><item>FWPM_NEW_FLAG</item></flags></ikeMmFailure></item>")
    )  # fmt: skip
    assert (event.header, event.failure) == (Header(), MainModeFailure())


def test_quick_and_extended_mode_have_members_of_their_own_and_flags_their_own_bits() -> None:
    quick, extended = read(
        export("<item><ikeQmFailure><failureErrorCode>13868</failureErrorCode><qmState>1</qmState>"
               "<saTrafficType>IPSEC_TRAFFIC_TYPE_TUNNEL</saTrafficType></ikeQmFailure></item>",
               "<item><ikeEmFailure><emState>1</emState><flags numItems='1'>"
               "<item>FWPM_NET_EVENT_IKEEXT_EM_FAILURE_FLAG_MULTIPLE</item></flags></ikeEmFailure></item>")
    )  # fmt: skip
    assert quick.failure == QuickModeFailure(
        13868, qm_state="IKEEXT_QM_SA_STATE_INITIAL", sa_traffic_type="IPSEC_TRAFFIC_TYPE_TUNNEL"
    )
    assert extended.failure == ExtendedModeFailure(flags=1, em_state="IKEEXT_EM_SA_STATE_SENT_ATTS")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("label", ["UTF-8", "utf-16", "windows-1252"])
def test_all_encodings_are_read_whatever_the_file_calls_itself(encoding: str, label: str) -> None:
    text = export(MAIN, declaration=f'<?xml version="1.0" encoding="{label}"?>')
    (event,) = read(text.encode(encoding))
    assert event.failure == FAILURE


def test_ipv6_and_cookies_are_read() -> None:
    text = """<item><header><localAddrV6.byteArray16>2001:DB8::1</localAddrV6.byteArray16>
      <remoteAddrV6.byteArray16>fe80::1%12</remoteAddrV6.byteArray16>
      <initiatorCookie>0x374F90DB8FACB154</initiatorCookie></header>
      <ikeMmFailure><mmState>1</mmState></ikeMmFailure></item>"""
    (event,) = read(export(text))
    assert event.header == Header(
        None, "2001:db8::1", None, "fe80::1", None, initiator_cookie="374f90db8facb154"
    )


BOMB = """<?xml version="1.0"?><!DOCTYPE netEvents [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<netEvents><item><ikeMmFailure><mmState>&b;</mmState></ikeMmFailure></item></netEvents>"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BOMB, "host.xml: line 1: declares a document type"),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><netEvents/>', "declares a document type"),
        ("<netEvents><item>", "host.xml: line 1: no well-formed XML"),
        ("<netEvents>&undefined;</netEvents>", "no well-formed XML"),
        ("", "no well-formed XML"),
        ("<other/>", "host.xml: holds no net events; export them with 'netsh wfp show netevents'"),
        ("<a>" * 40 + "</a>" * 40, "nested too deep"),
        (b"\x00\xff\xfe\x00", "is not text in UTF-8 or UTF-16"),
        (b"<\x00\xff", "is not text in UTF-8 or UTF-16"),
        (b"\xff\xff<netEvents/>", "is not text in UTF-8 or UTF-16"),
        (b" " * (MAX_BYTES + 1), "is larger than 64 MiB"),
    ],
)
def test_what_is_no_export_or_hostile_is_one_line(text: str | bytes, expected: str) -> None:
    with pytest.raises(IkepcapError) as error:
        read(text)
    assert expected in str(error.value)
    assert "\n" not in str(error.value)


def test_long_texts_and_many_values_are_bounded() -> None:
    long = "x" * 100_000
    many = "<z>1</z>" * 5_000
    (event,) = read(
        export(f"<item><ikeMmFailure><mmState>1</mmState><localPrincipalNameForAuth>{long}"
               f"</localPrincipalNameForAuth>{many}</ikeMmFailure></item>")
    )  # fmt: skip
    assert isinstance(event.failure, MainModeFailure)
    assert len(event.failure.local_principal_name_for_auth or "") == 4096


@given(st.binary(max_size=300))
def test_any_octets_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(IkepcapError):
        read_netevents(data, "x")


NAMES = ["netEvents", "item", "header", "type", "flags", "ikeMmFailure", "mmState", "failureErrorCode",
         "localAddrV4", "endCertHash", "mmId", "localPrincipalGroupSids", "timeStamp"]  # fmt: skip


@given(st.recursive(
    st.text("0123456789abcxIKEX_.:- ", max_size=12),
    lambda inner: st.lists(st.tuples(st.sampled_from(NAMES), inner), max_size=4),
    max_leaves=20,
))  # fmt: skip
def test_any_tree_of_known_names_is_read(tree: Any) -> None:
    def written(node: Any) -> str:
        return node if isinstance(node, str) else "".join(f"<{n}>{written(i)}</{n}>" for n, i in node)

    for event in read_netevents(export(written(tree)).encode(), "x"):
        assert isinstance(event, NetEvent)


@pytest.mark.parametrize(
    "scene",
    [
        Scene().msg1().repeat(RETRIES),
        Scene().msg1().notify("responder"),
        Scene(initiator="2001:db8::1", responder="2001:db8::2").msg1().repeat(RETRIES),
        Scene().phase1().quick(1).informational("responder"),
        Scene(mode="aggressive", identity=b"<&\x1b]]>").upto(2).notify("initiator", 24),
    ],
)
def test_what_is_written_is_read_again(scene: Scene) -> None:
    """Names, order and forms of our own XML are those that the reader knows."""
    expected = records(scene)
    events = read("\n".join(xml_lines(expected)))
    assert len(events) == len(expected) > 0
    for event, record in zip(events, expected, strict=True):
        assert type(event.failure) is type(record.failure)
        for field in record.failure.__struct_fields__:
            if "rincipal" not in field:
                assert getattr(event.failure, field) == getattr(record.failure, field)
        assert event.header.local_address == record.header.local_address
        assert event.header.remote_port == record.header.remote_port
