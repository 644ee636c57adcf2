import ipaddress

import pytest

from crawler.safety.addresses import embedded_ipv4, is_public, parse_literal, special_purpose

SPECIAL = """
0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.1 127.255.255.255 169.254.169.254
172.16.0.0 172.31.255.255 192.0.0.8 192.0.0.170 192.0.0.192 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1
192.168.0.0 192.168.255.255 192.175.48.1 198.18.0.0 198.19.255.255 198.51.100.7 203.0.113.7 224.0.0.1
239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.1.2.3 ::ffff:a9fe:a9fe ::ffff:0:127.0.0.1 64:ff9b::127.0.0.1
64:ff9b::a00:1 64:ff9b:1::1 64:ff9b:1::808:808 100::1 100:0:0:1::1 2001::1 2001:0:7f00:1:0:ffff:f7f7:f7f7
2001:0:808:808:0:ffff:80ff:fffe 2001:2::1 2001:3::1 2001:4:112::1 2001:10::1 2001:20::1 2001:30::1 2001:1ff::1
2001:db8::1 2002:7f00:1:: 2002:a00:1::1 2002:c0a8:101:: 2620:4f:8000::1 3fff::1 3fff:fff:ffff::1 4000::1 5f00::1
fc00::1 fd12:3456::1 fe80::1 fe80::1%eth0 febf::1 fec0::1 feff::1 ff02::1 ff0e::1
""".split()

PUBLIC = """
1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255 169.255.0.0
172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0
198.51.99.255 203.0.112.255 203.0.114.0 223.255.255.255 8.8.8.8 93.184.216.34
2001:200::1 2001:4860:4860::8888 2001:db7::1 2001:db9::1 2003::1 2606:2800:220:1::1 2a00:1450::1 3ffe::1 3fff:1000::1
::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1 2001:0:808:808:0:ffff:f7f7:f7f7
""".split()


@pytest.mark.parametrize("address", SPECIAL)
def test_special_purpose_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)
    assert special_purpose(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_edges_of_the_public_ranges_are_public(address: str) -> None:
    assert special_purpose(address) is None
    assert is_public(address)


def test_the_standard_library_alone_would_pass_many_of_them() -> None:
    plain = [address for address in SPECIAL if ipaddress.ip_address(address.partition("%")[0]).is_global]
    assert len(plain) > 10
    assert not any(is_public(address) for address in plain)


@pytest.mark.parametrize("text", ["", "example.com", "127.0.0.1.", "1.2.3", "0x7f.1", "[::1]", "8.8.8.8/32"])
def test_text_that_is_no_canonical_address_is_never_public(text: str) -> None:
    assert special_purpose(text) == "not an IP address"


def test_an_embedded_address_is_judged_by_what_it_holds() -> None:
    teredo = ipaddress.IPv6Address("2001:0:808:808:0:ffff:80ff:fffe")
    assert embedded_ipv4(teredo) == (ipaddress.IPv4Address("8.8.8.8"), ipaddress.IPv4Address("127.0.0.1"))
    assert special_purpose(teredo) == "loopback, RFC 1122"
    assert embedded_ipv4(ipaddress.IPv6Address("2606:2800::1")) == ()


@pytest.mark.parametrize(
    "spelling",
    """127.0.0.1 127.0.0.1. 127.1 127.0.1 2130706433 0x7f000001 0X7F000001 0x7f.1 0177.0.0.1 017700000001 0177.0x0.0.1
    127.0.0.0x1 １２７.０.０.１ 127。0。0。1 ①②⑦.0.0.1""".split(),
)
def test_every_spelling_of_loopback_is_read(spelling: str) -> None:
    assert parse_literal(spelling) == ipaddress.ip_address("127.0.0.1")


@pytest.mark.parametrize(
    ("spelling", "address"),
    [
        ("[::1]", "::1"),
        ("[::ffff:7f00:1]", "::ffff:127.0.0.1"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("fe80::1%25eth0", "fe80::1%25eth0"),
        ("0", "0.0.0.0"),  # noqa: S104
        ("0x", "0.0.0.0"),  # noqa: S104
        ("134744072", "8.8.8.8"),
        ("4294967295", "255.255.255.255"),
    ],
)
def test_other_spellings_are_read(spelling: str, address: str) -> None:
    assert parse_literal(spelling) == ipaddress.ip_address(address)


@pytest.mark.parametrize(
    "name",
    ["example.com", "1.2.3.4.5", "256.1.1.1", "4294967296", "1.2.3.256", "08.1", "0xzz", "", "a.1", "1..2", "-1"],
)
def test_names_and_numbers_out_of_range_are_no_literals(name: str) -> None:
    assert parse_literal(name) is None
