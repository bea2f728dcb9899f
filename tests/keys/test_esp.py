"""Keys of ESP from opened quick modes, as Wireshark takes them."""

import hmac
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from ikepcap.capture.write import Frame, Hop, ip_packets, pcap
from ikepcap.keys.decryptor import Decryptor
from ikepcap.keys.derive import keymat
from ikepcap.keys.esp import EspKeys, NoEspKeys, esp_keys
from ikepcap.keys.hashes import HASHES
from ikepcap.keys.material import Material, Origin, QuickSecret
from ikepcap.keys.secret import Secret
from ikepcap.wire import build
from ikepcap.wire.numbers import Exchange
from tests.keys.peers import OAKLEY_2, Peers

ENDS = ("192.0.2.1", "198.51.100.7")
MESSAGE_ID = 0x9D3F0A11
PRIVATE = (b"\x51" * 32, b"\x17" * 32)
PUBLIC = tuple(pow(2, int.from_bytes(x), OAKLEY_2).to_bytes(128) for x in PRIVATE)
SHARED = pow(int.from_bytes(PUBLIC[0]), int.from_bytes(PRIVATE[1]), OAKLEY_2).to_bytes(128)


def made(
    peers: Peers, *quick: QuickSecret, with_d: bool = True, again: bool = False
) -> list[EspKeys | NoEspKeys]:
    material = Material(
        Origin("f", 1), peers.cookies[0], quick=quick, skeyid_e=Secret(peers.skeyid_e),
        skeyid_d=Secret(peers.skeyid_d) if with_d else None,
    )  # fmt: skip
    decryptor = Decryptor(peers.cookies[0], [material])
    for sent in peers.sent:
        if sent.message.is_encrypted:
            decryptor.decrypt(sent.message, sent.sender)
        else:
            decryptor.observe(sent.message, sent.sender)
    for sent in peers.sent if again else ():
        decryptor.again(sent.message, sent.sender)
    return list(esp_keys(decryptor, *ENDS))


def expected(peers: Peers, spi: bytes, shared: bytes = b"", size: int = 36) -> bytes:
    """KEYMAT of RFC 2409 §5.5, by hand."""
    nonces = peers.quick_nonces[MESSAGE_ID]
    seed = shared + b"\x03" + spi + nonces[0] + nonces[1]
    found, last = b"", b""
    while len(found) < size:
        last = hmac.digest(peers.skeyid_d, last + seed, peers.name)
        found += last
    return found[:size]


@pytest.mark.parametrize("starter", [0, 1])
def test_each_direction_has_the_spi_of_its_receiver(starter: int) -> None:
    peers = Peers().phase1().quick(MESSAGE_ID, starter)
    forth, back = made(peers)
    assert isinstance(forth, EspKeys)
    assert isinstance(back, EspKeys)
    assert (forth.source, forth.destination) == (ENDS[starter], ENDS[1 - starter])
    assert (back.source, back.destination) == (ENDS[1 - starter], ENDS[starter])
    for keys, spi in ((forth, peers.quick_spis[1]), (back, peers.quick_spis[0])):
        material = expected(peers, spi)
        assert keys.spi == spi
        assert keys.encryption_key.reveal() == material[:16]
        assert keys.integrity_key.reveal() == material[16:]


@pytest.mark.parametrize("lost", [(), ("MSG6",)])
@pytest.mark.parametrize("starter", [0, 1])
def test_an_answer_before_its_question_does_not_take_the_peers_for_each_other(
    lost: tuple[str, ...], starter: int
) -> None:
    """Without MSG6 the IV of neither tells which is the first; that of the answer does in the end."""
    peers = Peers().phase1().quick(MESSAGE_ID, starter)
    in_order = made(peers)
    peers.without(*lost)
    at = next(number for number, sent in enumerate(peers.sent) if sent.step == "QM1")
    peers.sent[at : at + 2] = [peers.sent[at + 1], peers.sent[at]]
    out_of_order = made(peers, again=True)
    assert [one.row() for one in out_of_order if isinstance(one, EspKeys)] == [
        one.row() for one in in_order if isinstance(one, EspKeys)
    ]
    assert len(out_of_order) == 2


@pytest.mark.parametrize("given", ["shared", "private of one", "private of the other"])
def test_with_pfs_the_second_exchange_is_needed_too(given: str) -> None:
    peers = Peers().phase1().quick(MESSAGE_ID, public=PUBLIC)  # type: ignore[arg-type]
    (without,) = made(peers)
    assert isinstance(without, NoEspKeys)
    assert without.why == "PFS in MODP-1024: its own g^xy or DH private value is needed"
    quick = {
        "shared": QuickSecret(MESSAGE_ID, Secret(SHARED)),
        "private of one": QuickSecret(MESSAGE_ID, None, Secret(PRIVATE[0])),
        "private of the other": QuickSecret(MESSAGE_ID, None, Secret(PRIVATE[1])),
    }[given]
    forth, _ = made(peers, QuickSecret(77, Secret(b"x")), quick)
    assert isinstance(forth, EspKeys)
    assert forth.encryption_key.reveal() == expected(peers, forth.spi, SHARED)[:16]
    (wrong,) = made(peers, QuickSecret(MESSAGE_ID, None, Secret(b"\1")))
    assert isinstance(wrong, NoEspKeys)
    assert "belongs to neither KE payload" in wrong.why


@pytest.mark.parametrize(
    ("transform_id", "attributes", "words"),
    [
        (12, ((5, 5), (6, 256)), '"AES-CBC [RFC3602]","0x{64}","HMAC-SHA-256-128 [RFC4868]","0x{64}"'),
        (3, ((5, 1),), '"TripleDES-CBC [RFC2451]","0x{48}","HMAC-MD5-96 [RFC2403]","0x{32}"'),
        (2, ((5, 2),), '"DES-CBC [RFC2405]","0x{16}","HMAC-SHA-1-96 [RFC2404]","0x{40}"'),
        (11, ((5, 7),), '"NULL","","HMAC-SHA-512-256 [RFC4868]","0x{128}"'),
        (20, ((6, 128),), '"AES-GCM [RFC4106]","0x{40}","ANY 128 bit authentication [no checking]",""'),
        (13, ((5, 2), (6, 128)), '"AES-CTR [RFC3686]","0x{40}","HMAC-SHA-1-96 [RFC2404]","0x{40}"'),
        (12, ((6, 128),), '"AES-CBC [RFC3602]","0x{32}","NULL",""'),
        (22, ((5, 2),), "Wireshark has no name for CAMELLIA-CBC"),
        (12, ((5, 9),), "Wireshark has no name for AES-XCBC-MAC"),
        (18, (), "AES-GCM-8 without a key length"),
    ],
)
def test_rows_are_named_as_wireshark_names_them(
    transform_id: int, attributes: tuple[tuple[int, int], ...], words: str
) -> None:
    peers = Peers().phase1()
    found = _with_offer(peers, transform_id, attributes)
    if isinstance(found, NoEspKeys):
        assert found.why == words
        return
    import re

    pattern = re.escape(words)
    for size in (16, 32, 40, 48, 64, 128):
        pattern = pattern.replace(f"\\{{{size}\\}}", f"[0-9a-f]{{{size}}}")
    head = '"IPv4","192.0.2.1","198.51.100.7","0xc2222222",'
    assert re.fullmatch(re.escape(head) + pattern + "\n", found.row())


def _with_offer(
    peers: Peers, transform_id: int, attributes: tuple[tuple[int, int], ...]
) -> EspKeys | NoEspKeys:
    """Return the first direction of a quick mode with one transform."""
    spis, nonces = (b"\xc1\x11\x11\x11", b"\xc2\x22\x22\x22"), (b"i" * 16, b"r" * 16)
    for number in (0, 1):
        transform = build.transform([build.tv(*pair) for pair in attributes], transform_id=transform_id)
        offer = build.sa([build.proposal([transform], protocol=3, spi=spis[number])])
        before = nonces[0] if number else b""
        parts = peers.hashed_parts(9, offer, build.nonce(nonces[number]), before=before)
        peers.sealed(f"QM{number + 1}", number, *parts, exchange=Exchange.QUICK, message_id=9)
    return made(peers)[0]


@pytest.mark.parametrize(("numbers", "comes_through"), [((1, 1), True), ((1, 7), True), ((None, 1), False)])
def test_an_answer_that_numbers_its_proposal_anew_is_understood(
    numbers: tuple[int | None, int], comes_through: bool
) -> None:
    peers = Peers().phase1()
    spis, nonces = (b"\xc1\x11\x11\x11", b"\xc2\x22\x22\x22"), (b"i" * 16, b"r" * 16)
    for side in (0, 1):
        transform = build.transform([build.tv(5, 2), build.tv(6, 128)], transform_id=12)
        protocol = 3 if numbers[side] is not None else 2
        proposal = build.proposal([transform], number=numbers[side] or 1, protocol=protocol, spi=spis[side])
        before = nonces[0] if side else b""
        parts = peers.hashed_parts(9, build.sa([proposal]), build.nonce(nonces[side]), before=before)
        peers.sealed(f"QM{side + 1}", side, *parts, exchange=Exchange.QUICK, message_id=9)
    found = made(peers)
    assert isinstance(found[0], EspKeys) == comes_through
    if not comes_through:
        assert isinstance(found[0], NoEspKeys)
        assert found[0].why == "no ESP proposal was chosen"


def test_spis_are_those_of_the_chosen_proposal() -> None:
    peers = Peers().phase1().quick(MESSAGE_ID)
    decryptor = Decryptor(
        peers.cookies[0], [Material(Origin("f", 1), peers.cookies[0], encryption_key=Secret(peers.key))]
    )
    for sent in peers.sent[:-2]:
        if sent.message.is_encrypted:
            decryptor.decrypt(sent.message, sent.sender)
        else:
            decryptor.observe(sent.message, sent.sender)
    (mode,) = decryptor.quick_modes
    assert mode.spis() == ((peers.quick_spis[0],), ())
    decryptor.decrypt(peers.sent[-2].message, 1)
    assert mode.spis() == ((peers.quick_spis[0],), (peers.quick_spis[1],))


def test_without_skeyid_d_or_a_message_the_reason_is_said() -> None:
    (found,) = made(Peers().phase1().quick(), with_d=False)
    assert isinstance(found, NoEspKeys)
    assert "SKEYID_d is not known" in found.why
    (found,) = made(Peers().phase1().quick().without("QM2", "QM3"))
    assert isinstance(found, NoEspKeys)
    assert found.why == "QM1 or QM2 was not opened"


def test_keying_material_is_as_long_as_asked_for() -> None:
    sizes = [len(keymat(HASHES[2], Secret(b"d"), b"seed", size)) for size in (0, 1, 20, 21, 100)]
    assert sizes == [0, 1, 20, 21, 100]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not there")
def test_tshark_decrypts_esp_with_the_row(tmp_path: Path) -> None:
    peers = Peers().phase1().quick(MESSAGE_ID)
    keys = made(peers)[0]
    assert isinstance(keys, EspKeys)
    inner = ip_packets(Hop("10.1.0.1", "10.2.0.1"), 1, bytes.fromhex("0800f7ff00000000"))[0]
    padding = -(len(inner) + 2) % 16
    plain = inner + bytes(range(1, padding + 1)) + bytes((padding, 4))
    iv = b"\x0c" * 16
    encryptor = Cipher(AES(keys.encryption_key.reveal()), modes.CBC(iv)).encryptor()
    body = keys.spi + (1).to_bytes(4) + iv + encryptor.update(plain) + encryptor.finalize()
    body += hmac.digest(keys.integrity_key.reveal(), body, "sha1")[:12]
    (packet,) = ip_packets(Hop(*ENDS), 50, body)
    capture = tmp_path / "esp.pcap"
    capture.write_bytes(pcap([Frame(0, packet)]))
    done = subprocess.run(
        ["tshark", "-n", "-r", capture, "-o", "esp.enable_encryption_decode:TRUE", "-o",
         "esp.enable_authentication_check:TRUE", "-o", f"uat:esp_sa:{keys.row().strip()}",
         "-T", "fields", "-e", "ip.dst", "-e", "esp.icv_good"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert "10.2.0.1" in done.stdout
