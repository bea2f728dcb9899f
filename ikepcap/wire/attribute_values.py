"""What the values of attributes mean: the registry of each attribute type that has one."""

from enum import IntEnum
from typing import Final

from ikepcap.wire.details import (
    AddressPreservation,
    AuthAlgorithm,
    CfgAttribute,
    EcnTunnel,
    Encapsulation,
    ExtendedSequenceNumber,
    GroupType,
    SaDirection,
    SignatureEncoding,
    XauthType,
)
from ikepcap.wire.numbers import (
    AuthMethod,
    Encryption,
    Group,
    Hash,
    LifeType,
    Phase1Attribute,
    Phase2Attribute,
)

PHASE1_VALUES: Final[dict[int, type[IntEnum]]] = {
    Phase1Attribute.ENCRYPTION: Encryption,
    Phase1Attribute.HASH: Hash,
    Phase1Attribute.AUTH_METHOD: AuthMethod,
    Phase1Attribute.GROUP: Group,
    Phase1Attribute.GROUP_TYPE: GroupType,
    Phase1Attribute.LIFE_TYPE: LifeType,
}
PHASE2_VALUES: Final[dict[int, type[IntEnum]]] = {
    Phase2Attribute.LIFE_TYPE: LifeType,
    Phase2Attribute.GROUP: Group,
    Phase2Attribute.ENCAPSULATION: Encapsulation,
    Phase2Attribute.AUTH_ALGORITHM: AuthAlgorithm,
    Phase2Attribute.ECN_TUNNEL: EcnTunnel,
    Phase2Attribute.EXTENDED_SEQUENCE_NUMBER: ExtendedSequenceNumber,
    Phase2Attribute.SIGNATURE_ENCODING_ALGORITHM: SignatureEncoding,
    Phase2Attribute.ADDRESS_PRESERVATION: AddressPreservation,
    Phase2Attribute.SA_DIRECTION: SaDirection,
}
CFG_VALUES: Final[dict[int, type[IntEnum]]] = {CfgAttribute.XAUTH_TYPE: XauthType}

VALUES: Final[dict[type[IntEnum], dict[int, type[IntEnum]]]] = {
    Phase1Attribute: PHASE1_VALUES,
    Phase2Attribute: PHASE2_VALUES,
    CfgAttribute: CFG_VALUES,
}
"""By the registry that the attribute's type is from."""
