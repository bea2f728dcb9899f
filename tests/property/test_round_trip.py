"""What `build` writes, the parser reads back: the same values, spans as built, no defects."""

from hypothesis import given
from hypothesis import strategies as st

from ikepcap.wire import build
from ikepcap.wire.bodies import BODIES, Configuration, Delete, Proposal, SecurityAssociation, Transform
from ikepcap.wire.codec import Attributes, Body, Integer, Take, declared, decode
from ikepcap.wire.message import FLAG_ENCRYPTION, HEADER_BYTES, parse
from ikepcap.wire.offer import read_offer
from ikepcap.wire.walk import Attribute, Span, walk_attributes

cookies = st.binary(min_size=8, max_size=8)
types = st.integers(1, 255)
parts = st.builds(build.Part, types, st.binary(max_size=200))
tv_attributes = st.builds(build.tv, st.integers(0, 0x7FFF), st.integers(0, 0xFFFF))
tlv_attributes = st.builds(build.tlv, st.integers(0, 0x7FFF), st.binary(max_size=20))
attribute_lists = st.lists(st.one_of(tv_attributes, tlv_attributes), max_size=8)


@st.composite
def bodies(draw: st.DrawFn) -> Body:
    """Return any declared body whose lengths fit what it holds."""
    kind = draw(st.sampled_from(sorted(set(BODIES.values()), key=lambda found: found.__name__)))
    values: dict[str, object] = {}
    for field in declared(kind):
        word = field.word
        if isinstance(word, Integer):
            values[field.name] = 0 if word.is_reserved else draw(st.integers(0, 256**word.size - 1))
        elif isinstance(word, Attributes):
            values[field.name] = tuple(draw(attribute_lists))
        elif isinstance(word, Take) and word.times:
            size, count = draw(st.integers(0, 20)), draw(st.integers(0, 5))
            values |= {word.length: size, word.times: count, field.name: bytes(size * count)}
        elif isinstance(word, Take):
            data = draw(st.binary(max_size=40))
            values |= {word.length: len(data), field.name: data}
        else:
            values[field.name] = draw(st.binary(max_size=60))
    return kind(**values)


def without_offsets(found: tuple[Attribute, ...]) -> list[tuple[int, bool, bytes]]:
    return [(one.type, one.is_tlv, one.value) for one in found]


@given(
    st.lists(parts, max_size=12),
    cookies,
    cookies,
    st.integers(0, 255),
    st.integers(0, 2**32 - 1),
    st.sampled_from((0, 2, 4, 6)),
)
def test_message_comes_back_with_the_payloads_it_was_built_from(
    built: list[build.Part], icookie: bytes, rcookie: bytes, exchange: int, message_id: int, flags: int
) -> None:
    data = build.message(
        built,
        initiator_cookie=icookie,
        responder_cookie=rcookie,
        exchange=exchange,
        message_id=message_id,
        flags=flags,
    )
    found = parse(data)
    assert found is not None
    assert (found.initiator_cookie, found.responder_cookie) == (icookie, rcookie)
    assert (found.exchange, found.message_id, found.flags) == (exchange, message_id, flags)
    assert found.length == len(data)
    assert found.defects == ()
    pos, spans = HEADER_BYTES, []
    for part in built:
        spans.append(Span(part.type, pos, pos + 4 + len(part.body)))
        pos += 4 + len(part.body)
    assert found.spans == tuple(spans)
    assert [data[span.body : span.end] for span in found.spans] == [part.body for part in built]


@given(st.binary(max_size=100), cookies, cookies, st.integers(0, 2**32 - 1))
def test_ciphertext_is_left_alone(ciphertext: bytes, icookie: bytes, rcookie: bytes, message_id: int) -> None:
    data = build.encrypted(
        ciphertext, initiator_cookie=icookie, responder_cookie=rcookie, exchange=32, message_id=message_id
    )
    found = parse(data)
    assert found is not None
    assert found.flags == FLAG_ENCRYPTION
    assert (found.spans, found.defects) == ((), ())
    assert found.data[HEADER_BYTES:] == ciphertext


@given(bodies())
def test_body_comes_back_as_it_was_declared(body: Body) -> None:
    data = build.encode(body)
    found, defects = decode(type(body), data, 0, len(data))
    assert defects == ()
    assert found is not None
    for field in declared(type(body)):
        expected, value = getattr(body, field.name), getattr(found, field.name)
        if isinstance(field.word, Attributes):
            assert without_offsets(value) == without_offsets(expected)
        else:
            assert value == expected


@given(attribute_lists)
def test_attributes_keep_their_form(built: list[Attribute]) -> None:
    data = build.attributes(built)
    found, defects = walk_attributes(data, 0, len(data))
    assert defects == ()
    assert without_offsets(found) == without_offsets(tuple(built))


@given(
    st.lists(
        st.tuples(
            st.integers(0, 255),
            st.integers(2, 255),
            st.binary(max_size=16),
            st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), max_size=5),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_offer_comes_back_with_every_proposal_and_transform(
    built: list[tuple[int, int, bytes, list[tuple[int, int]]]],
) -> None:
    part = build.sa(
        [
            build.proposal(
                [build.transform([], number=n, transform_id=t) for n, t in transforms],
                number=number,
                protocol=protocol,
                spi=spi,
            )
            for number, protocol, spi, transforms in built
        ]
    )
    offer = read_offer(part.body)
    assert offer.defects == ()
    assert [
        (one.number, one.protocol, one.spi, [(t.number, t.transform_id) for t in one.transforms])
        for one in offer.proposals
    ] == built


@given(st.binary(min_size=28, max_size=3000), st.integers(64, 1300), st.integers(0, 0xFFFF))
def test_fragments_join_to_the_message_they_were_cut_from(whole: bytes, size: int, fragment_id: int) -> None:
    pieces = [parse(piece) for piece in build.fragments(whole, size, fragment_id=fragment_id)]
    joined, last = b"", []
    for number, piece in enumerate(pieces, 1):
        assert piece is not None
        assert piece.defects == ()
        (body,) = piece.bodies(132)
        assert int.from_bytes(body[:2]) == fragment_id
        assert body[2] == number
        last.append(body[3])
        joined += body[4:]
    assert joined == whole
    assert last == [0] * (len(pieces) - 1) + [1]


def test_each_function_makes_the_body_that_its_name_says() -> None:
    """One of each, against the declaration that reads it."""
    inner = build.transform([build.tv(1, 7), build.tlv(12, 28800)], number=3)
    outer = build.proposal([inner], spi=b"\x01\x02", count=9)
    expected = {
        build.sa([outer]): SecurityAssociation(1, 1, build.chain([outer])),
        outer: Proposal(1, 1, 2, 9, b"\x01\x02", build.chain([inner])),
        inner: Transform(3, 1, 0, (Attribute(1, False, b"\0\7", 4), Attribute(12, True, b"\0\0\x70\x80", 8))),
        build.delete([b"abcd", b"efgh"], protocol=3): Delete(1, 3, 4, 2, b"abcdefgh"),
        build.configuration(1, [build.tv(16520, 0)], identifier=5): Configuration(
            1, 0, 5, (Attribute(16520, False, b"\0\0", 4),)
        ),
    }
    for part, body in expected.items():
        assert decode(BODIES[part.type], part.body, 0, len(part.body)) == (body, ())
