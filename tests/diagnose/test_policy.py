"""What was chosen against what was offered."""

from pathlib import Path

import pytest

import ikepcap
from ikepcap.diagnose.policy import differing, in_words
from ikepcap.testing.policy import STRONG, Suite
from ikepcap.wire.numbers import Encryption, Group, Hash
from ikepcap.wire.offer import Transform
from tests.report.scene import RESPONDER, RETRIES, Scene, analyzed, faults, notes, only


def choosing(chosen: Suite, *offered: Suite) -> Scene:
    """MSG1 offers, MSG2 chooses what it likes."""
    play = Scene(offer=offered).msg1()
    play.offer = (chosen,)
    return play.msg2()


@pytest.mark.parametrize(
    ("chosen", "word"),
    [
        (Suite(encryption=Encryption.TRIPLE_DES_CBC, key_bits=0), "cipher"),
        (Suite(key_bits=128), "key length"),
        (Suite(hash=Hash.SHA1), "hash"),
        (Suite(group=Group.MODP_1024), "group"),
    ],
)
def test_choice_that_was_not_offered_is_named_with_the_attribute(chosen: Suite, word: str) -> None:
    found = only(choosing(chosen, STRONG).repeat(RETRIES, "MSG1", "MSG2"))
    assert faults(found)[0] == "chosen-not-offered"
    assert word in found.findings[0].claim
    assert found.findings[0].certainty == "proven"


@pytest.mark.parametrize("chosen", [STRONG, Suite(lifetime_s=600), Suite(key_bits=128)])
def test_choice_of_any_offer_is_one_whatever_its_lifetime(chosen: Suite) -> None:
    found = only(choosing(chosen, STRONG, Suite(key_bits=128)).repeat(RETRIES, "MSG1", "MSG2"))
    assert "chosen-not-offered" not in faults(found)


def test_aes_without_a_key_length_is_aes_128() -> None:
    found = only(choosing(Suite(key_bits=128), Suite(key_bits=0)).repeat(RETRIES, "MSG1", "MSG2"))
    assert "chosen-not-offered" not in faults(found)


def test_odd_choice_that_came_up_is_no_fault() -> None:
    assert faults(only(choosing(Suite(key_bits=128), STRONG).msg3().msg4().msg5().msg6())) == []


# weak-crypto


@pytest.mark.parametrize(
    ("suite", "words"),
    [
        (Suite(encryption=Encryption.DES_CBC, key_bits=0), "DES"),
        (Suite(hash=Hash.MD5), "MD5"),
        (Suite(group=Group.MODP_1024), "1024 bits"),
    ],
)
def test_weak_choice_is_told_of_however_well_it_went(suite: Suite, words: str) -> None:
    found = only(Scene(offer=(suite,)).phase1().quick(1, 2, 3))
    assert (faults(found), notes(found)) == ([], ["weak-crypto"])
    assert words in found.findings[0].claim


def test_strong_choice_from_an_offer_with_weak_ones_is_strong() -> None:
    assert notes(only(Scene(offer=(Suite(hash=Hash.MD5), STRONG), chosen=1).phase1())) == []


def test_conversations_alike_are_told_of_by_their_own_choice() -> None:
    """The short way: the third and fourth are never judged in full."""
    weak = Suite(group=Group.MODP_1024)
    suites = (STRONG, weak, STRONG, weak, weak)
    plays = [
        Scene(offer=(suite,), seed=n, start_s=n).phase1().quick(1, 2, 3) for n, suite in enumerate(suites)
    ]
    report = analyzed(*plays, keep_messages=False)
    assert ["weak-crypto" in notes(c) for c in report.conversations] == [False, True, False, True, True]


# what is told of a choice


def test_choice_is_told_with_the_nearest_of_the_offers() -> None:
    offered = Suite(hash=Hash.SHA1, group=Group.MODP_1024), Suite(key_bits=128)
    found = only(choosing(STRONG, *offered).repeat(RETRIES, "MSG1", "MSG2")).findings[0]
    assert found.claim == (
        "The responder 198.51.100.7 chose a transform that was not offered: it differs in key length from "
        "the nearest that was."
    )
    assert found.evidence == (
        "MSG2 chooses AES-CBC-256, SHA2-256, MODP-2048, PSK",
        "The nearest of 2 offered is AES-CBC-128, SHA2-256, MODP-2048, PSK",
    )
    assert found.frames == (1, 2)


def test_choice_that_differs_in_several_attributes_names_each() -> None:
    found = only(
        choosing(STRONG, Suite(hash=Hash.SHA1, group=Group.MODP_1024)).repeat(RETRIES, "MSG1", "MSG2")
    )
    assert "it differs in hash and group from" in found.findings[0].claim


def test_choice_that_the_initiator_refuses_is_told_beside_the_refusal() -> None:
    play = choosing(STRONG, Suite(key_bits=128)).notify("initiator")
    found = only(play)
    assert (found.outcome, faults(found)[0]) == ("refused", "chosen-not-offered")


def test_choice_that_is_not_over_yet_is_no_fault() -> None:
    assert faults(only(choosing(STRONG, Suite(key_bits=128)))) == []


@pytest.mark.parametrize(
    ("suite", "words"),
    [
        (Suite(encryption=Encryption.DES_CBC, key_bits=0), "DES has keys of 56 bits"),
        (Suite(hash=Hash.MD5), "MD5 is broken as a hash"),
        (Suite(group=Group.MODP_768), "a group of 768 bits has been broken"),
        (Suite(group=Group.MODP_1024), "a group of 1024 bits is within reach of states"),
    ],
)
def test_weakness_is_told_in_words_with_its_frame(suite: Suite, words: str) -> None:
    found = next(f for f in only(Scene(offer=(suite,)).phase1()).findings if f.code == "weak-crypto")
    assert found.claim == f"What protects the negotiation is weak: {words}."
    assert (found.certainty, found.frames) == ("proven", (2,))
    assert found.evidence[0].startswith("Frame 2 chooses ")


def test_weak_offer_that_nobody_chose_is_not_told_of() -> None:
    assert "weak-crypto" not in notes(only(Scene(offer=(Suite(hash=Hash.MD5),)).msg1().repeat(RETRIES)))


# what was not captured was perhaps offered


MANY = tuple(Suite(key_bits=bits, group=group) for bits in (128, 192) for group in (Group.MODP_2048, 15, 16))


def test_choice_among_offers_that_a_snaplen_cut_may_have_been_offered(tmp_path: Path) -> None:
    play = choosing(STRONG, *MANY, STRONG).repeat(RETRIES, "MSG1", "MSG2")
    assert "chosen-not-offered" not in faults(only(play))
    path = tmp_path / "cut.pcap"
    path.write_bytes(play.pcap(snaplen=260))
    (found,) = ikepcap.analyze(path, strict=True).conversations
    assert "truncated-frames" in notes(found)
    assert "chosen-not-offered" not in faults(found)


def test_choice_whose_offer_was_not_captured_is_no_fault() -> None:
    play = choosing(Suite(key_bits=128), STRONG).msg3().repeat(RETRIES).start_late(1)
    assert faults(only(play)) == ["peer-went-silent"]


def transform(**values: int | None) -> Transform:
    return Transform(1, 1, 1, (), 0, **values)


@pytest.mark.parametrize(
    ("one", "other", "names"),
    [
        ({"encryption": 7}, {"encryption": 7, "key_bits": 128}, ()),
        ({"encryption": 7}, {"encryption": 7, "key_bits": 256}, ("key_bits",)),
        # Blowfish has no length by default.
        ({"encryption": 3}, {"encryption": 3, "key_bits": 128}, ("key_bits",)),
        ({"encryption": 7, "key_bits": 128}, {"encryption": 7, "key_bits": 128, "hash": 128}, ("hash",)),
    ],
)
def test_only_aes_has_a_key_length_by_default(
    one: dict[str, int], other: dict[str, int], names: tuple[str, ...]
) -> None:
    assert differing(transform(**one), transform(**other)) == names
    assert differing(transform(**other), transform(**one)) == names


def test_attributes_that_are_missing_are_left_out_in_words() -> None:
    assert in_words(transform(encryption=7, key_bits=128)) == "AES-CBC-128"
    assert in_words(transform(hash=2, auth=1)) == "SHA1, PSK"


def test_choice_from_an_offer_of_nothing_is_no_finding_about_the_choice() -> None:
    assert "chosen-not-offered" not in faults(only(choosing(STRONG).repeat(RETRIES, "MSG1", "MSG2")))


def test_choice_that_a_snaplen_cut_is_not_judged(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(Scene().phase1().pcap(snaplen=14 + 20 + 8 + 28 + 8))
    for found in ikepcap.analyze(path, strict=True).conversations:
        assert "weak-crypto" not in notes(found)


def test_what_the_initiator_itself_chose_is_not_the_responder_s_policy() -> None:
    weak = Suite(hash=Hash.SHA1, group=Group.MODP_1024)
    back = Scene(initiator="198.51.100.7", responder="192.0.2.1", seed=5).phase1().quick(1, 2, 3)
    refused = Scene(offer=(weak,), start_s=60).msg1().notify(RESPONDER)
    found = analyzed(back, refused).conversations[1].findings[0]
    assert not any("it chose" in line for line in found.evidence)
    assert any("itself offers AES-CBC-256, SHA2-256, MODP-2048, PSK; the" in line for line in found.evidence)


def test_offer_of_several_is_told_as_its_first_and_more() -> None:
    weak = Suite(hash=Hash.SHA1, group=Group.MODP_1024)
    back = Scene(
        initiator="198.51.100.7", responder="192.0.2.1", seed=5, offer=(STRONG, Suite(key_bits=128))
    ).phase1()
    refused = Scene(offer=(weak,), start_s=60).msg1().notify(RESPONDER)
    found = analyzed(back, refused).conversations[1].findings[0]
    assert any("MODP-2048, PSK and more; the nearest" in line for line in found.evidence)
