"""What was chosen against what was offered."""

import pytest

from ikepcap.testing.policy import STRONG, Suite
from ikepcap.wire.numbers import Encryption, Group, Hash
from tests.report.scene import RETRIES, Scene, analyzed, faults, notes, only


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
