"""What was chosen against what was offered."""

import pytest

from ikepcap.testing.policy import STRONG, Suite
from ikepcap.wire.numbers import Encryption, Group, Hash
from tests.report.scene import RETRIES, Scene, faults, only


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
