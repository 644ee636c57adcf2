import pytest

from bloghound.errors import RefusedAddressError
from crawler.safety.policy import WEB_PORTS, DialPolicy

DEMO = DialPolicy(static_hosts={"koffie.demo.test": ("127.0.0.1", 5001), "*.web.test": ("127.0.0.1", 5002)})


def test_public_answers_are_admitted_at_the_port_asked_for() -> None:
    endpoints = DialPolicy().admit("blog.example", 443, ["93.184.216.34", "2606:2800::1", "93.184.216.34"])
    assert endpoints == (("93.184.216.34", 443), ("2606:2800::1", 443))


def test_a_name_without_addresses_has_no_endpoints() -> None:
    assert DialPolicy().admit("gone.example", 80, []) == ()


@pytest.mark.parametrize(
    "answers", [["10.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::1", "8.8.8.8"], ["fe80::1%eth0"]]
)
def test_one_internal_answer_refuses_the_name(answers: list[str]) -> None:
    with pytest.raises(RefusedAddressError, match=r"evil\.example is not on the public web"):
        DialPolicy().admit("evil.example", 80, answers)


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "[::1]", "::ffff:10.0.0.1", "１２７.1"])
def test_internal_literals_are_refused_before_any_look_up(host: str) -> None:
    with pytest.raises(RefusedAddressError):
        DialPolicy().check_host(host, 80)


def test_only_web_ports_are_used() -> None:
    for port in WEB_PORTS:
        DialPolicy().check_host("blog.example", port)
    for port in (0, 22, 25, 3306, 6379, 8000, 65535):
        with pytest.raises(RefusedAddressError, match=f"Port {port} of blog.example"):
            DialPolicy().check_host("blog.example", port)


def test_ports_can_be_configured() -> None:
    policy = DialPolicy(ports=frozenset({8000}))
    policy.check_host("blog.example", 8000)
    with pytest.raises(RefusedAddressError):
        policy.check_host("blog.example", 80)


def test_a_mapped_name_stands_for_its_endpoint_whatever_dns_says() -> None:
    assert DEMO.admit("koffie.demo.test", 5001, ["10.0.0.1"]) == (("127.0.0.1", 5001),)
    assert DEMO.admit("Koffie.Demo.test.", 80, []) == (("127.0.0.1", 5001),)
    assert DEMO.admit("any.name.web.test", 80, []) == (("127.0.0.1", 5002),)


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("koffie.demo.test", 5002),
        ("koffie.demo.test", 443),
        ("koffie.demo.test", 8080),
        ("127.0.0.1", 5001),
        ("localhost", 5001),
        ("127.0.0.1", 80),
        ("other.demo.test", 5001),
    ],
)
def test_nothing_else_on_the_mapped_address_is_reached(host: str, port: int) -> None:
    with pytest.raises(RefusedAddressError):
        DEMO.admit(host, port, ["127.0.0.1"])


def test_the_suffix_itself_is_not_mapped() -> None:
    assert DEMO.static_endpoint("web.test") is None
    assert DEMO.static_endpoint("notweb.test") is None
