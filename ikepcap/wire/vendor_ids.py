"""Vendor IDs of ISAKMP (RFC 2408 §3.16) and what each one tells: data only, read by `vendor`.

A group is a source, an implementation, a rank and its rows:

    source           where the numbers and their meaning come from
    implementation   who sends them; None where the ID does not say, as with all that many implement
    rank             which implementation is named when a peer shows several: the highest wins

A row is an ID and a name, and what else there is to say; the last columns may be left out:

    ID               the body in hex; `??` is any octet, and `*` at the end any number of them
    name             what it is called
    MD5 of           the published string whose MD5 the ID is, or begins with: the row proves itself;
                     "=" where that is the name
    capability       what the sender says it can do, in one word
    suffix           how to read the octets after the known ones: "text", "major.minor", "release.build",
                     "check-point", or a key of SUFFIXES

The most octets known win. Sources: wireshark = packet-isakmp.c of 4.0.17, strongSwan = isakmp_vendor.c,
libreswan = lib/libswan/vendorid.c, racoon = its vendorid.c, MS-IKEE = [MS-IKEE] §1.7.
"""

from typing import Final

Row = tuple[str | None, ...]

SUFFIXES: Final[dict[str, dict[str, str]]] = {
    "windows-release": {
        "00000002": "2000",
        "00000003": "XP",
        "00000004": "Server 2003",
        "00000005": "Vista",
        "00000006": "Server 2008",
        "00000007": "7",
        "00000008": "Server 2008 R2",
        "00000009": "8, Server 2012 or later",
    },
    "keying-module": {
        "00000000": "IKE",
        "00000001": "AuthIP",
        "00000002": "IKEv2",
    },
    "authip-group": {
        "00000000": "none",
        "00000001": "MODP-768",
        "00000002": "MODP-1024",
        "00000003": "MODP-2048",
        "00000004": "ECP-256",
        "00000005": "ECP-384",
        "00000006": "MODP-2048-256",
    },
    "fragmentation": {  # bits
        "80000000": "main and aggressive mode",
        "40000000": "base mode",
    },
    "check-point-product": {
        "00000001": "Firewall-1",
        "00000002": "SecuRemote or SecureClient",
    },
    "check-point-version": {
        "00000002": "4.1",
        "00000003": "4.1 SP-1",
        "00000fa2": "4.1 SP-2 or later",
        "00001388": "NG",
        "00001389": "NG Feature Pack 1",
        "0000138a": "NG Feature Pack 2",
        "0000138b": "NG Feature Pack 3",
        "0000138c": "NG with Application Intelligence",
        "0000138d": "NG with Application Intelligence R55, or later",
        "0000138e": "NG with Application Intelligence R56",
    },
}

# fmt: off
GROUPS: Final[tuple[tuple[str, str | None, int, tuple[Row, ...]], ...]] = (
    # What many implementations say they can do: NAT traversal.
    ("RFC 3947 §3.1, the drafts' own text, wireshark", None, 1, (
        ("4a131c81070358455c5728f20e95452f", "RFC 3947", "=", "nat-t-rfc3947"),
        ("4485152d18b6bbcd0be8a8469579ddcc", "draft-ietf-ipsec-nat-t-ike-00", "=", "nat-t-draft-00"),
        ("16f6ca16e4a4066d83821a0f0aeaa862", "draft-ietf-ipsec-nat-t-ike-01", "=", "nat-t-draft-01"),
        ("cd60464335df21f87cfdb2fc68b6a448", "draft-ietf-ipsec-nat-t-ike-02", "=", "nat-t-draft-02"),
        ("90cb80913ebb696e086381b5ec427b1f", "draft-ietf-ipsec-nat-t-ike-02\\n",
                                             "draft-ietf-ipsec-nat-t-ike-02\n", "nat-t-draft-02"),
        ("7d9419a65310ca6f2c179d9215529d56", "draft-ietf-ipsec-nat-t-ike-03", "=", "nat-t-draft-03"),
        ("9909b64eed937c6573de52ace952fa6b", "draft-ietf-ipsec-nat-t-ike-04", "=", "nat-t-draft-04"),
        ("80d0bb3def54565ee84645d4c85ce3ee", "draft-ietf-ipsec-nat-t-ike-05", "=", "nat-t-draft-05"),
        ("4d1e0e136deafa34c4f3ea9f02ec7285", "draft-ietf-ipsec-nat-t-ike-06", "=", "nat-t-draft-06"),
        ("439b59f8ba676c4c7737ae22eab8f582", "draft-ietf-ipsec-nat-t-ike-07", "=", "nat-t-draft-07"),
        ("8f8d83826d246b6fc7a8a6a428c11de8", "draft-ietf-ipsec-nat-t-ike-08", "=", "nat-t-draft-08"),
        ("42ea5b6f898d9773a575df26e7dd19e1", "draft-ietf-ipsec-nat-t-ike-09", "=", "nat-t-draft-09"),
        ("4df37928e9fc4fd1b3262170d515c662", "draft-ietf-ipsec-nat-t-ike", "=", "nat-t-draft"),
        ("c40fee00d5d39ddb1fc762e09b7cfea7", "Testing NAT-T RFC", "="),
        ("27bab5dc01ea0760ea4e3190ac27c0d0", "draft-stenberg-ipsec-nat-traversal-01",
                                             "=", "nat-t-stenberg-01"),
        ("6105c422e76847e43f9684801292aecd", "draft-stenberg-ipsec-nat-traversal-02",
                                             "=", "nat-t-stenberg-02"),
        ("6a7434c19d7e36348090a02334c9c805", "draft-huttunen-ipsec-esp-in-udp-00.txt",
                                             "=", "nat-t-huttunen-00"),
        ("50760f624c63e5c53eea386c685ca083", "draft-huttunen-ipsec-esp-in-udp-01 (ESPThruNAT)",
                                             "ESPThruNAT", "nat-t-huttunen-01"),
    )),
    # Liveness, XAUTH, fragmentation, Unity, GSS-API.
    ("RFC 3706 §5.1 (DPD), wireshark, strongSwan, libreswan", None, 1, (
        ("afcad71368a1f1c96b8696fc7757????",  "Dead Peer Detection", None, "dpd", "major.minor"),
        ("3b9031dce4fcf88b489a923963dd0c49",  "DPDv1_NG"),
        ("09002689dfd6b712*",                 "XAUTH", "draft-ietf-ipsra-isakmp-xauth-06.txt", "xauth"),
        ("09002689dfd6b71280a224dec33b81e5",  "XAUTH (draft-ietf-ipsra-isakmp-xauth-06.txt)",
                                              "draft-ietf-ipsra-isakmp-xauth-06.txt", "xauth"),
        ("4048b7d56ebce88525e7de7f00d6c2d3*", "IKE fragmentation",
                                              "FRAGMENTATION", "fragmentation", "fragmentation"),
        ("12f5f28c457168a9702d9fe274cc????",  "Cisco Unity", "CISCO-UNITY", "unity", "major.minor"),
        ("800100018002000180030002",          "Cisco Unity firewall type"),
        ("26244d38eddb61b3172a36e3d0cfb819",  "Vid-Initial-Contact", "=", "initial-contact"),
        ("621b04bb09882ac1e15935fefa24aeee",  "GSSAPI", "=", "gssapi"),
        ("ad2c0dd0b9c32083ccba25b8861ec455",  "A GSS-API Authentication Method for IKE", "=", "gssapi"),
        ("b46d8914f3aaa3f2fedeb7c7db2943ca",  "A GSS-API Authentication Method for IKE\\n",
                                              "A GSS-API Authentication Method for IKE\n", "gssapi"),
        ("e3a5966a76379fe707228231e5ce8652",  "IKE CGA version 1", "=", "cga"),
        ("4865617274426561745f4e6f74696679*", "HeartBeat_Notify", None, "heartbeat"),
        ("8db7a41811221660",                  "draft-ietf-ipsec-heartbeats-00"),
        ("325df29a2319f2dd",                  "draft-ietf-ipsec-antireplay-00"),
        ("ba290499c24e84e53a1d83a05e5f00c9",  "IKE Challenge/Response for Authenticated Cryptographic Keys",
                                              "="),
        ("0d33611a5d521b5e3c9c03d2fc107e12",
         "IKE Challenge/Response for Authenticated Cryptographic Keys\\n",
         "IKE Challenge/Response for Authenticated Cryptographic Keys\n"),
        ("ad3251042cdc4652c9e0734ce5de4c7d",
         "IKE Challenge/Response for Authenticated Cryptographic Keys (Revised)", "="),
        ("013f11823f966fa91900f024ba66a86b",
         "IKE Challenge/Response for Authenticated Cryptographic Keys (Revised)"),
        ("494b457632",                        "can do IKEv2 (Openswan, Libreswan)", None, "ikev2"),
    )),
    # Windows. The release is in the first one; the others come with it.
    ("MS-IKEE", "Windows", 1, (
        ("1e2b516905991c7d7c96fcbfb587e461*", "MS NT5 ISAKMPOAKLEY", "=", None, "windows-release"),
        ("01528bbbc00696121849ab9a1c5b2a51*", "Windows keying module", None, None, "keying-module"),
        ("72872b95fcda2eb708efe322119b4971",  "NLBS_PRESENT (network load balancing)", "NLBS_PRESENT"),
        ("214ca4faffa7f32d6748e5303395ae83",  "MS-MamieExists (AuthIP supported)",
                                              "MS-MamieExists", "authip"),
        ("fb1de3cdf341b7ea16b7e5be0855f120",  "MS-Negotiation Discovery Capable", "="),
        ("7bb93867d76c8d80df0f40fae8fc3b19*", "AuthIP initial Diffie-Hellman group",
                                              None, None, "authip-group"),
    )),
    ("libreswan", "Windows", 1, (
        ("686a8cbdfe634b405146fb2baf33e9e8", "MSFT IPsec Security Realm Id"),
    )),
    # Cisco. Unity, XAUTH and DPD are spoken by many, and do not say Cisco.
    # An ASA shows the IOS ID too, so its own outranks that.
    ("wireshark, strongSwan, libreswan", "Cisco ASA, PIX or VPN 3000", 3, (
        ("1f07f70eaa6514d3b0fa96542a50????", "Cisco VPN 3000, PIX or ASA (ALTIGA GATEWAY)", "ALTIGA GATEWAY"),
    )),
    ("libreswan", "Cisco IOS", 2, (
        ("3e984048????????????????????????", "Cisco IOS device"),
    )),
    ("strongSwan", "Cisco VPN client", 2, (
        ("f6f7efc7f5aeb8cb158cb9d094ba69e7", "Cisco VPN 3000 client (ALTIGA NETWORKS)", "ALTIGA NETWORKS"),
    )),
    ("wireshark", "Cisco", 1, (
        ("434953434f56504e2d5245562d3032",         "CISCOVPN-REV-02"),
        ("434953434f2d44454c4554452d524541534f4e", "CISCO-DELETE-REASON"),
        ("434953434f2d44594e414d49432d524f555445", "CISCO-DYNAMIC-ROUTE"),
        ("434953434f2d4752452d4d4f4445",           "CISCO-GRE-MODE"),
        ("464c455856504e2d535550504f52544544",     "FLEXVPN-SUPPORTED"),
        ("434953434f28434f5059524947485429*",      "Cisco copyright notice"),
    )),
    ("wireshark", None, 1, (
        ("2d7922c6b301d9b0e1342739e9cfbbd5", "Delete with reason"),
    )),
    # strongSwan. Old releases had one each.
    ("strongSwan, libreswan", "strongSwan", 2, (
        ("882fe56d6fd20dbc2251613b2ebe5beb", "strongSwan",        "="),
        ("9e10a0d4205edc6c90bd5381a53c2d2b", "strongSwan 5.1.1",  "="),
        ("b7d8e62184049fb21b088d4232d2549c", "strongSwan 5.1.0",  "="),
        ("dc3afcdda0514da394b4b36f4cb1b9a7", "strongSwan 5.0.4",  "="),
        ("d398476a43b9d6c56c4045ffcc9fffb9", "strongSwan 5.0.3",  "="),
        ("04d52cc5fd04aa971063b111917731d2", "strongSwan 5.0.2",  "="),
        ("75aa8f69de2e44500dae842be21f5491", "strongSwan 5.0.1",  "="),
        ("e154b11a96ee2b44d4954843cd3a40a3", "strongSwan 5.0.0",  "="),
        ("a87680d00cbb939871eb680d18d052e2", "strongSwan 4.6.4",  "="),
        ("984a7bfefb46489a5be74b64531c6753", "strongSwan 4.6.3",  "="),
        ("9c73b19f5f4181aa4b269dd004608811", "strongSwan 4.6.2",  "="),
        ("1d6cfa4d69d9d33c0b2244bf99de9b8b", "strongSwan 4.6.1",  "="),
        ("41ef2e2f7ec8b923c98d9fa9bb7a04a5", "strongSwan 4.6.0",  "="),
        ("75244ad8a5a0f48e7e3b7ad79dcab153", "strongSwan 4.5.3",  "="),
        ("b149d6161fb4c7c3805beeff042d08c0", "strongSwan 4.5.2",  "="),
        ("efe12e8533bbcf4e978ec874935e9972", "strongSwan 4.5.1",  "="),
        ("eff89e6f406f55292807c3b8f925884a", "strongSwan 4.5.0",  "="),
        ("aaa2e272c58de8f96e72c4c21ba7dd99", "strongSwan 4.4.1",  "="),
        ("a5ad81e15e1c68a1be277abfeee80d94", "strongSwan 4.4.0",  "="),
        ("02d7c3a0698ec33bb126b2baa70b9c2c", "strongSwan 4.3.7",  "="),
        ("512f90f2f8e5b04e4ba293c9a799d9a5", "strongSwan 4.3.6",  "="),
        ("de5c703801952d85f6b3ed33b33784b4", "strongSwan 4.3.5",  "="),
        ("e37e5d64a329a5cf1eeb8546c3b06018", "strongSwan 4.3.4",  "="),
        ("f9f093629308b24388d09c3f026de0a8", "strongSwan 4.3.3",  "="),
        ("d6263956ac790961a9c8409b393724bf", "strongSwan 4.3.2",  "="),
        ("20b1f62b240a52a849309183960cbb64", "strongSwan 4.3.1",  "="),
        ("9deb74e751f44c47905ed2fad93f9271", "strongSwan 4.3.0",  "="),
        ("488c08f57afc382112f7cb396f2d4f6c", "strongSwan 4.2.9",  "="),
        ("95569ee23ebb62eddedea353a575faf3", "strongSwan 4.2.8",  "="),
        ("4ddc7e1f6d6cd1ae9d5dcac58fa1fe9a", "strongSwan 4.2.7",  "="),
        ("a2782dd683b5edee3b777f897d2b867e", "strongSwan 4.2.6",  "="),
        ("af0a05e0bd37b0aba0135a194abb5b89", "strongSwan 4.2.5",  "="),
        ("cd5792d4b70f0299a6a1373de236d2ac", "strongSwan 4.2.4",  "="),
        ("2d1f406118fbd5d28474791ffa00488a", "strongSwan 4.2.3",  "="),
        ("2a517d0d23c37d08bce7c292a0217b39", "strongSwan 4.2.2",  "="),
        ("bab253f4cb10a8108a7c927c56c87886", "strongSwan 4.2.1",  "="),
        ("9f68901325a972894335302a9531ab9f", "strongSwan 4.2.0",  "="),
        ("b7bd9f2f978e3259a7aa9f7a1396ad6c", "strongSwan 4.1.11", "="),
        ("bf3a89ae5bef8e72d44dac8bb88d7d5f", "strongSwan 4.1.10", "="),
        ("78fdd287def01a3f074b5369eab4fd1c", "strongSwan 4.1.9",  "="),
        ("66a2045507c119da78a4666259cdea48", "strongSwan 4.1.8",  "="),
        ("ea840aa4dfc9712d6c32b5a16eb329a3", "strongSwan 4.1.7",  "="),
        ("d19683368af4b0edc21ccde982b1d1b0", "strongSwan 4.1.6",  "="),
        ("bf0fbf7306ebb7827042d893539886e2", "strongSwan 4.1.5",  "="),
        ("312f9cb1a6b90e19de7528c904ac3087", "strongSwan 4.1.4",  "="),
        ("5849ab6d8beabd6e4d09e5a3b88c089a", "strongSwan 4.1.3",  "="),
        ("15a1ace7ee52fddfef04f928db2dd134", "strongSwan 4.1.2",  "="),
        ("d3f1c488c368175d5f40a8f5ca5f5e12", "strongSwan 4.1.1",  "="),
        ("4794cef6843422980d1a3d06af41c5cd", "strongSwan 4.1.0",  "="),
        ("ab0746221cc8fd0d5238f73a9b3da557", "strongSwan 4.0.7",  "="),
        ("4c90136946577b51919d8d9a6b8e4a9f", "strongSwan 4.0.6",  "="),
        ("dd180d21e5ce655a768ba32211dd8ad9", "strongSwan 4.0.5",  "="),
        ("1ef283f83549b5ff9608b6d634f84d75", "strongSwan 4.0.4",  "="),
        ("b181b18e114fc209b3c6e26c3a80718e", "strongSwan 4.0.3",  "="),
        ("77e8eea6f556a499de3ffe7f7f95661c", "strongSwan 4.0.2",  "="),
        ("9dbbafcf1db0dd595ae065294003ad3e", "strongSwan 4.0.1",  "="),
        ("2ce9c946a4c879bf11b50b76cc5692cb", "strongSwan 4.0.0",  "="),
        ("0e9e820524932da199a498953afa8a7e", "strongSwan 2.8.9",  "="),
        ("8c4a3bcb729b11f703d22a5b39640ca8", "strongSwan 2.8.8",  "="),
        ("3a0d4e7ca4e492ed4dfe476d1ac6018b", "strongSwan 2.8.7",  "="),
        ("fe3f49706e26a9fb36a87bfce9ea36ce", "strongSwan 2.8.6",  "="),
        ("4c7efa31b39e510432a317570d97bbb9", "strongSwan 2.8.5",  "="),
        ("76c72bfd398424dd001b86d0012fe061", "strongSwan 2.8.4",  "="),
        ("fb4641ad0eeb2a34491d15f4eff51063", "strongSwan 2.8.3",  "="),
        ("299932277b7dfe382ce23465333a7d23", "strongSwan 2.8.2",  "="),
        ("e37f2d5ba89a62cd202ee27dac06c8a8", "strongSwan 2.8.1",  "="),
        ("32f0e9b9c06dfe8c9ad5599a636971a1", "strongSwan 2.8.0",  "="),
        ("7f50cc4ebf04c2d9da73abfd69b77aa2", "strongSwan 2.7.3",  "="),
        ("a194e2aaddd0bafb95253dd96dc733eb", "strongSwan 2.7.2",  "="),
        ("8134878582121785ba65ea345d6ba724", "strongSwan 2.7.1",  "="),
        ("07fa128e4754f9447b1dd46374eef360", "strongSwan 2.7.0",  "="),
        ("b927f95219a0fe3600dba3c1182ae55f", "strongSwan 2.6.4",  "="),
        ("b2860e7837f711bef3d0eeb106872ded", "strongSwan 2.6.3",  "="),
        ("5b1cd6fe7d050eda6c93871c107db3d2", "strongSwan 2.6.2",  "="),
        ("66afbc12bbfe6ce108b1f69f4bc917b7", "strongSwan 2.6.1",  "="),
        ("3f3266499ffdbd85950e702298062844", "strongSwan 2.6.0",  "="),
        ("1f4442296b83d7e33a8b45209ba0e590", "strongSwan 2.5.7",  "="),
        ("3c5eba3d8564928e32ae43c3d9924dee", "strongSwan 2.5.6",  "="),
        ("3f267ed621ada7ee6c7d8893ccb0b14b", "strongSwan 2.5.5",  "="),
        ("7a6bf5b7df89642a75a78ef7d657c1c0", "strongSwan 2.5.4",  "="),
        ("df5b1f0f1d5679d9f8512b16c55a6065", "strongSwan 2.5.3",  "="),
        ("861ce5eb72164b190e9e629a31cf4901", "strongSwan 2.5.2",  "="),
        ("9a4a4648f60f8eda7cfcbfe271ee5b7d", "strongSwan 2.5.1",  "="),
        ("9eb3d907ed7ada4e3cbcacb917abc8e4", "strongSwan 2.5.0",  "="),
        ("485a70361b4433b31dea1c6be0df243e", "strongSwan 2.4.4",  "="),
        ("982b7a063a33c143a8eadc88249f6bcc", "strongSwan 2.4.3",  "="),
        ("e7a3fd0c6d771a8f1b8a86a4169c9ea4", "strongSwan 2.4.2",  "="),
        ("75b0653cb281eb26d31ede38c8e1e228", "strongSwan 2.4.1",  "="),
        ("e829c88149bab3c0cee85da60e18ae9b", "strongSwan 2.4.0",  "="),
        ("42a4834c92ab9a7777063afa254bcb69", "strongSwan 2.3.2",  "="),
        ("f697c1afcc2ec8ddcdf99dc7af03a67f", "strongSwan 2.3.1",  "="),
        ("b8f92b2fa2d3fe5fe158344bda1cc6ae", "strongSwan 2.3.0",  "="),
        ("99dc7cc823376b3b33d04357896ae07b", "strongSwan 2.2.2",  "="),
        ("d9118b1e9de5efced9cc9d883f2168ff", "strongSwan 2.2.1",  "="),
        ("85b6cbec480d5c8cd9882c825ac2c244", "strongSwan 2.2.0",  "="),
    )),
    # The pluto family. `OE` and ten printable octets is FreeS/WAN's form, which its heirs kept.
    ("libreswan", "Libreswan", 2, (
        ("4f452d4c696272657377616e2d*", "Libreswan", None, None, "text"),
    )),
    ("libreswan", "Libreswan (or a relative)", 1, (
        ("4f454e??????????????????", "Libreswan 3.0 to 3.5, or a relative"),
    )),
    ("libreswan", "Openswan (or a relative)", 0, (
        ("4f45????????????????????", "FreeS/WAN, Openswan or an heir"),
        ("4f5357??????????????????", "Openswan"),
    )),
    # racoon's is also sent by MikroTik and by Apple's older systems.
    ("racoon, wireshark", "racoon (or a derivative)", 0, (
        ("7003cbc1097dbe9c2600ba6983bc8b35", "KAME/racoon", "="),
        ("20a3622c1cea7ce37bee3ca484425276", "IPSec-Tools", "="),
    )),
    # Fortinet.
    ("wireshark, nmap issue 694", "FortiGate", 2, (
        ("8299031757a36082c6a621de*", "FortiGate", "FORTIGATE", None, "release.build"),
    )),
    ("strongSwan", "FortiGate", 2, (
        ("1d6e178f6c2c0be284985465450fe9d4", "FortiGate"),
    )),
    ("wireshark, libreswan", "Fortinet", 1, (
        ("4c53427b6d465d1b337bb755a37a7fef", "FortiClient connect license", "forticlient connect license"),
        ("b4f01ca951e9da8d0bafbbd34ad3044e", "Fortinet Endpoint Control", "="),
        ("ca4a4cbb12eab6c58c57067c2e653786", "Fortinet Auto-Discovery Receiver", "="),
        ("9b15e65a871aff342666623ba5022e60", "Fortinet Auto-Discovery Sender", "="),
        ("a58fec5036f57b21e8b499e336c76ee6", "Fortinet Exchange Interface IP", "="),
    )),
    # Check Point.
    ("strongSwan, wireshark, libreswan", "Check Point", 2, (
        ("f4ed19e0c114eb516faaac0ee37daf2807b4381f*", "Check Point", None, None, "check-point"),
    )),
    # Juniper and NetScreen: a digest of 20 octets, and a version after it.
    ("wireshark, libreswan", "Juniper/NetScreen", 2, (
        ("299ee8289f40a8973bc78687e2e7226b532c3b76*", "NetScreen 1"),
        ("3a15e1f3cf2a63582e3ac82d1c64cbe3b6d779e7*", "NetScreen 2"),
        ("47d2b126bfcd83489760e2cf8c5d4d5a03497c15*", "NetScreen 3"),
        ("4a4340b543e02b84c88a8b96a8af9ebe77d9accc*", "NetScreen 4"),
        ("64405f46f03b7660a23be116a1975058e69e8387*", "NetScreen 5"),
        ("699369228741c6d4ca094c93e242c9de19e7b7c6*", "NetScreen 6"),
        ("8c0dc6cf62a0ef1b5c6eabd1b67ba69866adf16a*", "NetScreen 7"),
        ("92d27a9ecb31d99246986d3453d0c3d57a222a61*", "NetScreen 8"),
        ("9b096d9ac3275a7d6fe8b91c583111b09efed1a0*", "NetScreen 9"),
        ("bf03746108d746c904f1f3547de24f78479fed12*", "NetScreen 10"),
        ("c2e80500f4cc5fbf5daaeed3bb59abaeee56c652*", "NetScreen 11"),
        ("c8660a62b03b1b6130bf781608d32a6a8d0fb89f*", "NetScreen 12"),
        ("f885da40b1e7a9abd17655ec5bbec0f21f0ed52e*", "NetScreen 13"),
        ("2a2bcac19b8e91b426107807e02e7249569d6fd3*", "NetScreen 14"),
        ("166f932d55eb64d8e4df4fd37e2313f0d0fd8451*", "NetScreen 15"),
        ("a35bfd05ca1ac0b3d2f24e9e82bfcbff9c9e52b5*", "NetScreen 16"),
    )),
    ("strongSwan", "Juniper SRX", 3, (
        ("fd808804df73b15150709d878044cde0ac1efcde", "Juniper SRX"),
    )),
    # SonicWall. The last two were also seen from 3Com, WatchGuard and SafeNet and name nobody.
    ("strongSwan", "SonicWall", 2, (
        ("5b362bc820f60001*", "SonicWall"),
        ("5b362bc820f60002*", "SonicWall"),
        ("5b362bc820f60003*", "SonicWall"),
        ("5b362bc820f60005*", "SonicWall"),
        ("5b362bc820f60006*", "SonicWall"),
        ("5b362bc820f60007*", "SonicWall"),
        ("5b362bc820f60008*", "SonicWall"),
        ("5b362bc820f70001*", "SonicWall"),
    )),
    ("strongSwan, libreswan", None, 1, (
        ("404bf439522ca3f6", "SonicWall and others"),
        ("da8e937880010000", "SonicWall and others"),
    )),
    # Others.
    ("strongSwan, wireshark", "ZyXEL", 2, (
        ("b858d1addd08c1e8adafea150608aa4497aa6cc8", "ZyXEL ZyWALL"),
        ("f758f22668750f03b08df6ebe1d0*",            "ZyXEL ZyWALL USG 100"),
        ("625027749d5ab97f5616c1602765cf480a3b7d0b", "ZyXEL ZyWALL"),
    )),
    ("libreswan", "Nortel Contivity", 2, (
        ("424e4553????????", "Nortel Contivity"),
    )),
    ("observed: two public captures of Huawei routers, in both directions", "Huawei", 2, (
        ("4855415745492d494b45763144534350", "HUAWEI-IKEv1DSCP"),
    )),
    ("wireshark", "Aruba", 2, (
        ("ca3e2b854ba8030017dc1023a4fde2041f9f7463", "Aruba remote AP"),
        ("3c8e70bdf9c7d74add53e4100915dc2e4bb51274", "Aruba controller"),
        ("88f0e3149b3fa48b05aa7f685f0b766be186ccb8", "Aruba VIA client"),
        ("56494120417574682050726f66696c65203a20*",  "Aruba VIA authentication profile", None, None, "text"),
    )),
    ("wireshark, libreswan", "Shrew Soft", 2, (
        ("f14b94b7bff1fef02773b8c49feded26", "Shrew Soft VPN client"),
    )),
    ("wireshark", "CyberGuard", 2, (
        ("9aa1f3b43472a45d5f506aeb26c0f214", "CyberGuard"),
    )),
    ("wireshark, libreswan", "Sidewinder", 2, (
        ("8404adf9cda05760b2ca292e4bff537b", "Sidewinder"),
    )),
    ("wireshark", None, 1, (
        ("031017e07f7a82e3aa6950c999990100", "CryptoPro/GOST 1.0 or Check Point R71"),
        ("031017e07f7a82e3aa6950c999990101", "CryptoPro/GOST 1.1"),
    )),
    ("libreswan", "Solaris", 2, (
        ("810fa565f8ab14369105d706fbd57279", "RFC XXXX (Solaris)", "RFC XXXX"),
    )),
    ("libreswan", "NCP client", 2, (
        ("101fb0b35c5a4f4c08b919f1cb9777b0", "NCP client"),
    )),
    ("libreswan", "SafeNet SoftRemote (or a derivative)", 1, (
        ("47bbe7c993f1fc13b4e6d0db565c68e5*", "SafeNet SoftRemote"),
    )),
    ("libreswan", "TimeStep", 2, (
        ("54494d4553544550*", "TIMESTEP", None, None, "text"),
    )),
    ("libreswan", "ELVIS-PLUS Zastava", 2, (
        ("08db45e6cb01f80bb576e9a78c0f54e1300b8881*", "ELVIS-PLUS Zastava"),
    )),
    ("libreswan", "Lucent", 2, (
        ("4c5647392e322e3234353a425249434b3a392e322e323435", "Lucent VPN Gateway 9"),
        ("4c5643372e312e323a5850",                           "Lucent VPN Client 7"),
    )),
    ("wireshark", "SSH Sentinel", 2, (
        ("054182a07c7ae206f9d2cf9d2432c482", "SSH Sentinel",       "="),
        ("b91623e693ca18a54c6a2778552305e8", "SSH Sentinel 1.1",   "="),
        ("5430888de01a31a6fa8f60224e449958", "SSH Sentinel 1.2",   "="),
        ("7ee5cb85f71ce259c94a5c731ee4e752", "SSH Sentinel 1.3",   "="),
        ("63d9a1a7009491b5a0a6fdeb2a8284f0", "SSH Sentinel 1.4",   "="),
        ("eb4b0d96276b4e220ad16221a7b2a5e6", "SSH Sentinel 1.4.1", "="),
    )),
    ("wireshark", "SSH QuickSec", 2, (
        ("37eba0c4136184e7daf8562a77060b4a", "SSH Communications Security QuickSec 0.9.0", "="),
        ("5d72925e55948a9661a7fc48fdec7ff9", "SSH Communications Security QuickSec 1.1.0", "="),
        ("777fbf4c5af6d1cdd4b895a05bf82594", "SSH Communications Security QuickSec 1.1.1", "="),
        ("2cdf08e712ede8a5978761267cd19b91", "SSH Communications Security QuickSec 1.1.2", "="),
        ("59e454a8c2cf02a34959121f1890bc87", "SSH Communications Security QuickSec 1.1.3", "="),
    )),
    ("wireshark", "SSH IPSEC Express", 2, (
        ("fbf47614984031fa8e3bb6198089b223", "Ssh Communications Security IPSEC Express version 1.1.0", "="),
        ("1952dc91ac20f646fb01cf42a33aee30", "Ssh Communications Security IPSEC Express version 1.1.1", "="),
        ("e8bffa643e5c8f2cd10fda7370b6ebe5", "Ssh Communications Security IPSEC Express version 1.1.2", "="),
        ("c1111b2dee8cbc3d620573ec57aab9cb", "Ssh Communications Security IPSEC Express version 1.2.1", "="),
        ("09ec27bfbc09c75823cfecbffe565a2e", "Ssh Communications Security IPSEC Express version 1.2.2", "="),
        ("7f21a596e4e318f0b2f4944c2384cb84", "SSH Communications Security IPSEC Express version 2.0.0", "="),
        ("2836d1fd2807bc9e5ae30786320451ec", "SSH Communications Security IPSEC Express version 2.1.0", "="),
        ("a68de756a9c5229bae66498040951ad5", "SSH Communications Security IPSEC Express version 2.1.1", "="),
        ("3f2372867e237c1cd8250a75559cae20", "SSH Communications Security IPSEC Express version 2.1.2", "="),
        ("0e58d5774df602007d0b02443660f7eb", "SSH Communications Security IPSEC Express version 3.0.0", "="),
        ("f5ce31ebc210f44350cf71265b57380f", "SSH Communications Security IPSEC Express version 3.0.1", "="),
        ("f64260af2e2742daddd56987068a99a0", "SSH Communications Security IPSEC Express version 4.0.0", "="),
        ("7a54d3bdb3b1e6d923892064be2d981c", "SSH Communications Security IPSEC Express version 4.0.1", "="),
        ("9aa1f3b43472a45d5f506aeb260cf214", "SSH Communications Security IPSEC Express version 4.1.0", "="),
        ("89f7b760d86b012acf263382394d962f", "SSH Communications Security IPSEC Express version 4.1.1", "="),
        ("6880c7d026099114e486c55430e7abee", "SSH Communications Security IPSEC Express version 4.2.0", "="),
        ("b037a21aceccb5570f602546f97bde8c", "SSH Communications Security IPSEC Express version 5.0",   "="),
        ("2b2dad97c4d140930053287f996850b0", "SSH Communications Security IPSEC Express version 5.0.0", "="),
        ("45e17f3abe93944cb202910c59ef806b", "SSH Communications Security IPSEC Express version 5.1.0", "="),
        ("5925859f7377ed7816d2fb81c01fa551", "SSH Communications Security IPSEC Express version 5.1.1", "="),
    )),
)
