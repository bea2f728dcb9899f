"""Whole conversations, encrypted by independent code, and what a capture of them leaves to decrypt."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ikepcap.keys.check import Outcome
from ikepcap.keys.decryptor import Decryptor
from ikepcap.keys.esp import EspKeys, NoEspKeys, esp_keys
from ikepcap.keys.material import Material, NamedPsk, Origin
from ikepcap.keys.opened import NotOpened, Opened, Plaintext, Reason
from ikepcap.keys.secret import Secret
from ikepcap.wire import build
from ikepcap.wire.message import parse
from ikepcap.wire.numbers import Exchange, NotifyType
from ikepcap.wire.walk import Fault
from tests.keys.peers import AES_256_SHA1, SUITES, Peers, Sent, Suite, plain_of

HERE = Origin("keys.toml", 3)


def material(peers: Peers, **secrets: bytes) -> Material:
    made = {name: Secret(octets) for name, octets in secrets.items()}
    return Material(HERE, peers.cookies[0], **made)  # type: ignore[arg-type]


def ka(peers: Peers) -> Material:
    return material(peers, encryption_key=peers.key)


def run(
    peers: Peers, *materials: Material, psks: tuple[NamedPsk, ...] = ()
) -> list[tuple[Sent, Opened | None]]:
    """Feed all that was captured, and again what that did not open; None stands for one in the clear."""
    decryptor = Decryptor(peers.cookies[0], materials, psks)
    found: list[tuple[Sent, Opened | None]] = []
    for sent in peers.sent:
        message = sent.message
        if message.is_encrypted:
            found.append((sent, decryptor.decrypt(message, sent.sender)))
        else:
            decryptor.observe(message, sent.sender)
            found.append((sent, None))
    return [
        (sent, opened if opened is None else decryptor.again(sent.message, sent.sender))
        for sent, opened in found
    ]


def encrypted(results: list[tuple[Sent, Opened | None]]) -> dict[str, Opened]:
    return {sent.step: opened for sent, opened in results if opened is not None}


def assert_all_open(results: list[tuple[Sent, Opened | None]]) -> None:
    for sent, opened in results:
        if sent.plain is not None:
            assert isinstance(opened, Plaintext), (sent.step, opened)
            assert plain_of(opened.data, opened.spans) == sent.plain, sent.step
            assert not opened.defects


def outcomes(opened: Opened) -> dict[str, str]:
    assert isinstance(opened, Plaintext)
    return {check.name: check.outcome for check in opened.checks}


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES.keys())
@pytest.mark.parametrize("mode", ["main", "aggressive"])
@pytest.mark.parametrize("padding", ["zeros", "racoon"])
def test_every_suite_opens_from_skeyid_e_and_from_the_encryption_key(
    suite: Suite, mode: str, padding: str
) -> None:
    peers = Peers(suite, mode, padding=padding).phase1().transaction().quick().informational(1)
    assert_all_open(run(peers, material(peers, skeyid_e=peers.skeyid_e)))
    assert_all_open(run(peers, ka(peers)))


@pytest.mark.parametrize("auth", [1, 3, 64221, 65001, 65005])
@pytest.mark.parametrize("given", ["shared", "private"])
def test_keys_follow_from_the_dh_secret_or_either_private_value(auth: int, given: str) -> None:
    peers = Peers(auth=auth).phase1().quick()
    psk = {"psk": peers.psk} if auth in (1, 65001) else {}
    given_octets = [peers.shared] if given == "shared" else list(peers.private)
    for octets in given_octets:
        results = run(peers, material(peers, **{given: octets}, **psk))
        assert_all_open(results)
        found = encrypted(results)
        assert outcomes(found["QM1"]) == {"HASH(1)": Outcome.VERIFIED}
        assert outcomes(found["QM2"]) == {"HASH(2)": Outcome.VERIFIED}
        assert outcomes(found["QM3"]) == {"HASH(3)": Outcome.VERIFIED}
        assert outcomes(found["MSG5"]) == {"HASH_I": Outcome.VERIFIED}
        assert outcomes(found["MSG6"]) == {"HASH_R": Outcome.VERIFIED}


def test_kerberos_takes_skeyid_as_signatures_do_under_the_number_of_xauth() -> None:
    peers = Peers(auth=3).phase1()
    peers = Peers(auth=65001)
    peers.auth = 3
    peers.__post_init__()
    peers.auth = 65001
    peers.sa = build.sa([build.proposal([peers._transform()])])
    peers.phase1()
    assert_all_open(run(peers, material(peers, shared=peers.shared)))


def test_a_psk_is_found_among_the_candidates() -> None:
    peers = Peers().phase1().quick()
    psks = (NamedPsk(Origin("psks", 1), Secret(b"wrong")), NamedPsk(Origin("psks", 2), Secret(peers.psk)))
    results = run(peers, material(peers, shared=peers.shared), psks=psks)
    assert_all_open(results)
    opened = encrypted(results)["MSG5"]
    assert isinstance(opened, Plaintext)
    assert opened.key == "from keys.toml:3 and PSK psks:2"


@pytest.mark.parametrize("auth", [4, 5])
def test_public_key_encryption_needs_the_nonces_that_it_hides(auth: int) -> None:
    peers = Peers(auth=auth).phase1().quick()
    hidden = Peers(seed=99).nonces
    for number, role in ((2, 0), (3, 1)):
        sent = peers.sent[number]
        octets = sent.data.replace(peers.nonces[role], hidden[role])
        peers.sent[number] = Sent(sent.step, sent.sender, octets, None)
    refused = encrypted(run(peers, material(peers, shared=peers.shared)))["MSG5"]
    assert isinstance(refused, NotOpened)
    assert "hides the nonces: give them too, or SKEYID" in refused.why
    nonces = {"nonce_i": peers.nonces[0], "nonce_r": peers.nonces[1]}
    assert_all_open(run(peers, material(peers, shared=peers.shared, **nonces)))
    assert_all_open(run(peers, material(peers, shared=peers.shared, skeyid=peers.skeyid)))


@pytest.mark.parametrize(
    ("suite", "words"),
    [
        (Suite(4, None, 8, 16, 2, 128), "the cipher RC5-R16-B64-CBC cannot be computed here"),
        (Suite(65005, None, 16, 16, 2, 128), "the cipher TWOFISH-CBC cannot be computed here"),
    ],
)
def test_a_cipher_that_cannot_be_computed_is_named(suite: Suite, words: str) -> None:
    peers = Peers().phase1()
    other = Peers(suite)
    peers.sent[1] = Sent("MSG2", 1, peers.sent[1].data.replace(peers.sa.body, other.sa.body), None)
    refused = encrypted(run(peers, ka(peers)))["MSG5"]
    assert isinstance(refused, NotOpened)
    assert words in refused.why


def test_without_the_hash_its_key_still_opens_what_chains() -> None:
    # Tiger was negotiated, which nothing here computes: the initial IV is not known, all later ones are.
    peers = Peers().phase1()
    body = peers.sa.body.replace(bytes.fromhex("80020002"), bytes.fromhex("80020003"))
    peers.sent[1] = Sent("MSG2", 1, peers.sent[1].data.replace(peers.sa.body, body), None)
    peers.iv = bytes(16)
    peers.sent = peers.sent[:4]
    peers.sealed("MSG5", 0, peers.identities[0], *peers.proven(0)).sealed(
        "MSG6", 1, peers.identities[1], *peers.proven(1)
    )
    found = encrypted(run(peers, ka(peers)))
    first, second = found["MSG5"], found["MSG6"]
    assert isinstance(first, Plaintext)
    assert isinstance(second, Plaintext)
    assert (first.lost, second.lost) == (16, 0)


def test_repetitions_and_duplicates_do_not_advance_the_iv() -> None:
    peers = Peers(AES_256_SHA1).phase1()
    peers.again("MSG5").again("MSG6").again("MSG5").quick().again("QM1").again("QM2").again("QM3").again(
        "QM1"
    )
    peers.informational(0).again("INFO").quick(0x11223344, starter=1).again("QM2").again("MSG6")
    peers.transaction().again("T1").again("T2").informational(1, 0x77)
    assert_all_open(run(peers, ka(peers)))


@pytest.mark.parametrize("step", ["QM1", "QM2", "T1", "MSG5"])
def test_a_message_repeated_before_it_is_answered_opens_what_follows(step: str) -> None:
    peers = Peers().phase1().quick().transaction()
    at = next(number for number, sent in enumerate(peers.sent) if sent.step == step)
    peers.sent.insert(at + 1, peers.sent[at])
    peers.sent.insert(at + 1, peers.sent[at])
    assert_all_open(run(peers, ka(peers)))


def test_a_repetition_long_after_others_still_opens() -> None:
    peers = Peers().phase1()
    for number in range(200):
        peers.informational(number % 2, 0x1000 + number)
    peers.again("MSG5").again("MSG6")
    peers.sent.append(peers.sent[10])
    assert_all_open(run(peers, ka(peers)))


@pytest.mark.parametrize("lost", ["MSG1", "MSG2", "MSG3", "MSG4", "MSG5", "MSG6", "QM1", "QM2", "T1"])
@pytest.mark.parametrize("suite", ["AES-256-SHA2-256", "3DES-SHA1", "AES-128-SHA1", "Camellia-192-SHA2-384"])
def test_a_missing_message_costs_at_most_the_first_block_of_one_other(lost: str, suite: str) -> None:
    peers = Peers(SUITES[suite]).phase1().quick().transaction().informational(0).without(lost)
    results = run(peers, ka(peers))
    for sent, opened in results:
        if sent.plain is None:
            continue
        assert isinstance(opened, Plaintext), (sent.step, opened)
        spans = opened.spans
        if opened.lost:
            assert opened.lost == SUITES[suite].block
            assert (opened.defects[0].offset, opened.defects[0].fault) == (28, Fault.UNREADABLE)
            assert not opened.message(sent.message).is_truncated
            assert opened.data[28 + opened.lost :].startswith(sent.plain[opened.lost :])
        else:
            assert plain_of(opened.data, spans) == sent.plain
    lossy = [sent.step for sent, opened in results if isinstance(opened, Plaintext) and opened.lost]
    assert len(lossy) <= {"MSG3": 1, "MSG4": 1, "MSG6": 4}.get(lost, 1)


@pytest.mark.parametrize(
    ("mode", "lost", "step", "words"),
    [
        ("main", "MSG3", "MSG5", "MSG3 was not captured whole"),
        ("main", "MSG4", "MSG5", "MSG4 was not captured whole"),
        ("main", "MSG5", "MSG6", "MSG5 was not captured whole"),
        ("main", "QM1", "QM2", "the message before it was not captured whole"),
        ("aggressive", "MSG1", "MSG3", "MSG1 was not captured whole"),
        ("aggressive", "MSG2", "MSG3", "MSG2 was not captured whole"),
    ],
)
@pytest.mark.parametrize("is_right", [True, False])
def test_what_the_lost_block_depends_on_is_named(
    mode: str, lost: str, step: str, words: str, is_right: bool
) -> None:
    peers = Peers(AES_256_SHA1, mode=mode).phase1().quick().without(lost)
    found = encrypted(run(peers, ka(peers) if is_right else material(peers, encryption_key=bytes(32))))[step]
    if is_right:
        assert isinstance(found, Plaintext)
        assert found.defects[0].detail == f"the first 16 octets cannot be decrypted: {words}"
    elif step != "QM2":  # for which there is the last block of phase 1, too
        assert isinstance(found, NotOpened)
        assert found.why.endswith(f"{words}, or the key is wrong")


@pytest.mark.parametrize("lost", [("MSG1", "MSG2"), ("MSG1", "MSG2", "MSG3", "MSG4", "MSG5")])
def test_a_capture_that_starts_late_is_opened_without_the_negotiated_suite(lost: tuple[str, ...]) -> None:
    for suite in ("3DES-MD5", "AES-128-SHA1", "AES-256-SHA2-256", "DES-MD5", "CAST-SHA1"):
        peers = Peers(SUITES[suite]).phase1().quick().without(*lost)
        found = encrypted(run(peers, ka(peers)))
        assert all(isinstance(opened, Plaintext) for opened in found.values()), (suite, found)
        opened = found["QM2"]
        assert isinstance(opened, Plaintext)
        assert not opened.lost


def test_an_unknown_beginning_names_what_it_holds_and_shows_none_of_it() -> None:
    peers = Peers().phase1().without("MSG5")
    opened = encrypted(run(peers, ka(peers)))["MSG6"]
    assert isinstance(opened, Plaintext)
    assert opened.payload_types() == (5, 8)
    assert opened.spans == ()
    assert opened.data[28:32] == bytes(4) or opened.data[28] == 8
    assert "first 16 octets" in opened.defects[0].detail


def test_an_informational_before_msg6_has_the_iv_its_sender_knows() -> None:
    # As strongSwan sends AUTHENTICATION-FAILED in place of MSG6: of the last block of MSG5.
    peers = Peers().phase1().without("MSG6")
    iv = peers.hashed(peers.sent[-1].data[-16:] + (0x77).to_bytes(4))[:16]
    peers.informational(1, 0x77, iv=iv)
    assert_all_open(run(peers, ka(peers)))


def test_other_rules_for_ivs_are_tried_and_named() -> None:
    peers = Peers().phase1()
    first = peers.hashed(peers.public[0] + peers.public[1])[:16]
    msg5 = peers.sent[4].data[-16:]
    number = 0x4242
    for base, regular in ((first, False), (msg5, False), (peers.iv, True)):
        number += 1
        peers.informational(0, number, iv=peers.hashed(base + number.to_bytes(4))[:16])
        peers.informational(1, number + 100, iv=peers.hashed(base + (number + 100).to_bytes(4))[:16])
        results = run(peers, ka(peers))
        assert_all_open(results)
        opened = results[-1][1]
        assert isinstance(opened, Plaintext)
        assert opened.is_regular == regular, opened.vector


def test_the_rule_of_old_windows_is_tried_and_named() -> None:
    peers = Peers().phase1()
    peers.quick()
    own = peers.sent[-1].data[-16:]  # QM3, of the initiator
    peers.informational(0, 0x99, iv=own)
    results = run(peers, ka(peers))
    assert_all_open(results)
    opened = results[-1][1]
    assert isinstance(opened, Plaintext)
    assert "Windows" in opened.vector


@pytest.mark.parametrize("mode", ["main", "aggressive"])
def test_a_wrong_key_is_named_as_a_wrong_key(mode: str) -> None:
    peers = Peers(mode=mode).phase1().quick()
    results = run(peers, material(peers, encryption_key=bytes(16)))
    for opened in encrypted(results).values():
        assert isinstance(opened, NotOpened)
        assert opened.reason is Reason.WRONG_KEY
        assert "wrong key" in opened.why
        assert "keys.toml:3" in opened.why


def test_a_right_key_beside_wrong_ones_is_found() -> None:
    peers = Peers().phase1().quick()
    wrong = [material(peers, encryption_key=bytes((n,)) * 16) for n in range(5)]
    assert_all_open(run(peers, *wrong, ka(peers), *wrong))


def test_a_peer_that_uses_another_key_is_told_from_a_wrong_key() -> None:
    # Two PSKs: each peer encrypts with its own key, and the initiator's is given.
    peers = Peers().phase1()
    peers.sent.pop()
    iv = peers.hashed(peers.sent[4].data[-16:] + (0x31).to_bytes(4))[:16]
    peers.informational(1, 0x31, iv=iv, key=b"another key 1234")
    found = encrypted(run(peers, ka(peers)))
    assert isinstance(found["MSG5"], Plaintext)
    refused = found["INFO"]
    assert isinstance(refused, NotOpened)
    assert refused.reason is Reason.OTHER_KEY
    assert "opens messages of the initiator" in refused.why


def test_no_key_and_a_psk_alone_are_told_apart() -> None:
    peers = Peers().phase1()
    bare = encrypted(run(peers))["MSG5"]
    assert isinstance(bare, NotOpened)
    assert bare.reason is Reason.NO_KEY
    alone = encrypted(run(peers, psks=(NamedPsk(HERE, Secret(peers.psk)),)))["MSG5"]
    assert isinstance(alone, NotOpened)
    assert "a PSK alone opens nothing" in alone.why


@pytest.mark.parametrize(
    ("secrets", "lost", "words"),
    [
        ({"psk": b"wolf and hound"}, (), "needs g^xy or a DH private value"),
        ({"shared": bytes(128)}, (), "needs a PSK too"),
        ({"private": b"\1"}, (), "belongs to neither KE payload"),
        ({"private": bytes(2000)}, (), "too long for MODP-1024"),
        ({"private": b"\1"}, ("MSG2",), "the responder's choice is not in the capture"),
        ({"shared": bytes(128), "psk": b"x"}, ("MSG3",), "one is not in the capture"),
        ({"skeyid_d": bytes(20)}, (), "needs g^xy or a DH private value"),
        ({"encryption_key": bytes(24)}, (), "AES-CBC-128 takes a key of 16 octets"),
    ],
)
def test_what_is_missing_is_said(secrets: dict[str, bytes], lost: tuple[str, ...], words: str) -> None:
    peers = Peers().phase1().without(*lost)
    refused = encrypted(run(peers, material(peers, **secrets)))["MSG5"]
    assert isinstance(refused, NotOpened)
    assert refused.reason is Reason.INCOMPLETE
    assert words in refused.why


def test_skeyid_e_pasted_into_a_table_of_encryption_keys_is_expanded() -> None:
    peers = Peers(AES_256_SHA1).phase1()
    assert_all_open(run(peers, material(peers, encryption_key=peers.skeyid_e)))


def test_ciphertext_that_is_not_whole_blocks_is_refused() -> None:
    peers = Peers().phase1()
    decryptor = Decryptor(peers.cookies[0], [ka(peers)])
    for sent in peers.sent[:4]:
        decryptor.observe(sent.message, sent.sender)
    for size in (1, 15, 17, 33):
        data = build.encrypted(
            bytes(size), initiator_cookie=peers.cookies[0], responder_cookie=peers.cookies[1],
            exchange=Exchange.MAIN, first=5,
        )  # fmt: skip
        message = parse(data)
        assert message is not None
        refused = decryptor.decrypt(message, 0)
        assert isinstance(refused, NotOpened)
        assert refused.reason is Reason.UNSUPPORTED_SIZE


def test_a_message_that_the_capture_cut_is_opened_as_far_as_it_goes() -> None:
    peers = Peers().phase1().quick()
    data = peers.sent[-3].data
    assert peers.sent[-3].step == "QM1"
    decryptor = Decryptor(peers.cookies[0], [ka(peers)])
    for sent in peers.sent[:4]:
        decryptor.observe(sent.message, sent.sender)
    for sent in peers.sent[4:6]:
        decryptor.decrypt(sent.message, sent.sender)
    cut = parse(data[:101], len(data))
    assert cut is not None
    opened = decryptor.decrypt(cut, 0)
    assert isinstance(opened, Plaintext)
    assert opened.payload_types()[:2] == (8, 1)
    plain = peers.sent[-3].plain
    assert plain is not None
    assert plain.startswith(opened.data[28:])


@pytest.mark.parametrize("octet", [28, 60, 90])
def test_damaged_ciphertext_is_never_shown_as_what_was_sent(octet: int) -> None:
    peers = Peers().phase1().quick()
    at = next(number for number, sent in enumerate(peers.sent) if sent.step == "QM1")
    sent = peers.sent[at]
    damaged = bytearray(sent.data)
    damaged[octet] ^= 0x40
    peers.sent[at] = Sent(sent.step, sent.sender, bytes(damaged), sent.plain)
    opened = encrypted(run(peers, material(peers, shared=peers.shared, psk=peers.psk)))["QM1"]
    if isinstance(opened, Plaintext):
        assert not opened.checks or outcomes(opened) == {"HASH(1)": Outcome.FAILED}


def test_a_message_in_the_clear_is_not_decrypted_and_teaches_nothing_twice() -> None:
    peers = Peers().phase1()
    decryptor = Decryptor(peers.cookies[0], [ka(peers)])
    refused = decryptor.decrypt(peers.sent[0].message, 0)
    assert isinstance(refused, NotOpened)
    assert refused.reason is Reason.NOT_ENCRYPTED
    assert decryptor.observe(peers.sent[4].message, 0) == ()


def test_state_is_bounded() -> None:
    peers = Peers().phase1()
    decryptor = Decryptor(peers.cookies[0], [ka(peers)])
    for sent in peers.sent[:4]:
        decryptor.observe(sent.message, sent.sender)
    for number in range(1, 400):
        peers.sent.clear()
        peers.quick(number, starter=number % 2)
        for sent in peers.sent:
            decryptor.decrypt(sent.message, sent.sender)
    assert len(decryptor._results) <= 64
    assert len(decryptor._chains._exchanges) <= 64
    assert len(list(decryptor.quick_modes)) <= 256


def test_an_encrypted_notify_in_place_of_msg6_is_read() -> None:
    peers = Peers().phase1()
    peers.sent.pop()
    peers.iv = peers.sent[-1].data[-16:]
    part = build.notify(NotifyType.AUTHENTICATION_FAILED)
    peers.sealed(
        "INFO", 1, *peers.hashed_parts(0x5150, part), exchange=Exchange.INFORMATIONAL, message_id=0x5150
    )
    results = run(peers, material(peers, shared=peers.shared, psk=peers.psk))
    assert_all_open(results)
    assert outcomes(encrypted(results)["INFO"]) == {"HASH(1)": Outcome.VERIFIED}


def test_wrong_keys_are_not_tried_for_ever() -> None:
    peers = Peers().phase1()
    for number in range(400):
        peers.informational(number % 2, 0x1000 + number)
    found = run(peers, material(peers, encryption_key=bytes(16)))
    assert all(isinstance(opened, NotOpened) for _, opened in found[4:])
    tried = Decryptor(peers.cookies[0], [material(peers, encryption_key=bytes(16))])
    for sent in peers.sent[:4]:
        tried.observe(sent.message, sent.sender)
    for sent in peers.sent[4:]:
        tried.decrypt(sent.message, sent.sender)
    assert tried._failures == 256


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_no_octets_raise(data: st.DataObject) -> None:
    peers = Peers(data.draw(st.sampled_from(list(SUITES.values())))).phase1().quick().transaction()
    decryptor = Decryptor(
        peers.cookies[0],
        [material(peers, shared=peers.shared, psk=peers.psk), material(peers, private=peers.private[0])],
        [NamedPsk(HERE, Secret(peers.psk))],
    )
    for sent in peers.sent:
        octets = bytearray(sent.data)
        for _ in range(data.draw(st.integers(0, 2))):
            octets[data.draw(st.integers(8, len(octets) - 1))] = data.draw(st.integers(0, 255))
        cut = bytes(octets[: data.draw(st.sampled_from([len(octets), 28, 29, 44, 60]))])
        message = parse(cut, max(len(cut), len(octets)))
        assert message is not None
        sender = data.draw(st.sampled_from([sent.sender, sent.sender, 1 - sent.sender]))
        decryptor.observe(message, sender, ("192.0.2.1", 500), ("2001:db8::1", 4500))
        opened = decryptor.decrypt(message, sender)
        if isinstance(opened, Plaintext):
            assert all(28 <= span.start < span.end <= len(opened.data) for span in opened.spans)
    for found in esp_keys(decryptor, "192.0.2.1", "198.51.100.7"):
        assert isinstance(found, EspKeys | NoEspKeys)
