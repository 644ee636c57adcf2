import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.defer import Deferred

from bloghound.errors import RefusedAddressError
from crawler.safety.policy import DialPolicy, Endpoint
from crawler.safety.resolver import CANARY_NAME, CURRENT_DIAL, Dial, FilteringResolver


class OpenPolicy(DialPolicy):
    """Admits whatever the look-up answers."""

    def check_host(self, host: str, port: int) -> None:
        pass

    def _check_address(self, host: str, address: str) -> None:
        pass


class LeakyResolver(FilteringResolver):
    """A guard that was broken: its policy lets everything through."""

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **named)  # type: ignore[arg-type]
        self.policy = OpenPolicy(self.policy.ports, self.policy.static_hosts)


class FirstAnswerPolicy(DialPolicy):
    """Looks at literals only, so that a name may lead anywhere."""

    def admit(self, host: str, port: int, answers: Iterable[str]) -> tuple[Endpoint, ...]:  # noqa: ARG002
        return tuple((answer, port) for answer in answers)


class FirstAnswerResolver(FilteringResolver):
    """A guard that was broken: it trusts what names resolve to."""

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **named)  # type: ignore[arg-type]
        self.policy = FirstAnswerPolicy(self.policy.ports, self.policy.static_hosts)


class Receiver:
    """Collects what a resolver reports, as Twisted's own connecting code does."""

    def __init__(self) -> None:
        self.endpoints: list[Endpoint] = []
        self.complete: Deferred[None] = Deferred()

    def resolutionBegan(self, resolution: object) -> None:  # noqa: N802
        assert getattr(resolution, "name", "")

    def addressResolved(self, address: object) -> None:  # noqa: N802
        self.endpoints.append((address.host, address.port))  # type: ignore[attr-defined]

    def resolutionComplete(self) -> None:  # noqa: N802
        self.complete.callback(None)


Asked = list[tuple[str, int]]


def resolve(
    asked: Asked,
    lookup: Callable[[str], Sequence[str]],
    policy: DialPolicy | None = None,
    clock: Callable[[], float] = lambda: 0.0,
) -> list[tuple[list[Endpoint], RefusedAddressError | None]]:
    """Resolve names one after the other on a real reactor of this test's own: endpoints and refusal of each."""
    loop = asyncio.new_event_loop()
    reactor: Any = AsyncioSelectorReactor(loop)
    resolver = FilteringResolver(reactor, policy or DialPolicy(), lookup, clock)
    resolver.install_on_reactor()
    found = []

    async def all_in_turn() -> None:
        for host, port in asked:
            receiver, dial = Receiver(), Dial()
            token = CURRENT_DIAL.set(dial)
            reactor.nameResolver.resolveHostName(receiver, host, port)
            CURRENT_DIAL.reset(token)
            await receiver.complete
            found.append((receiver.endpoints, dial.refusal))
        reactor.stop()

    reactor.callWhenRunning(lambda: Deferred.fromCoroutine(all_in_turn()))
    reactor.run(installSignalHandlers=False)
    loop.close()
    return found


def test_public_addresses_are_passed_on_with_the_port() -> None:
    (found,) = resolve([("blog.example", 443)], lambda _host: ["93.184.216.34", "2606:2800::1"])
    assert found == ([("93.184.216.34", 443), ("2606:2800::1", 443)], None)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "2130706433", "169.254.169.254", CANARY_NAME])
def test_internal_addresses_are_refused_with_the_reason(host: str) -> None:
    ((endpoints, refusal),) = resolve([(host, 80)], lambda name: [name])
    assert endpoints == []
    assert isinstance(refusal, RefusedAddressError)


@pytest.mark.parametrize("error", [OSError("no such name"), UnicodeError("label too long")])
def test_a_failed_look_up_is_a_name_without_addresses(error: Exception) -> None:
    def fail(_host: str) -> list[str]:
        raise error

    assert resolve([("gone.example", 80)], fail) == [([], None)]


def test_a_rebinding_name_is_refused_at_its_second_look_up_and_asked_no_more_often_than_answers_expire() -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    looked_up: list[str] = []
    seconds = iter([0.0, 0.0, 299.0, 301.0, 301.0])

    def rebinding(host: str) -> list[str]:
        looked_up.append(host)
        return next(answers)

    found = resolve([("rebind.test", 80)] * 3, rebinding, clock=lambda: next(seconds))
    assert [endpoints for endpoints, _ in found] == [[("93.184.216.34", 80)], [("93.184.216.34", 80)], []]
    assert isinstance(found[2][1], RefusedAddressError)
    assert looked_up == ["rebind.test"] * 2


def test_mapped_names_never_go_to_dns() -> None:
    def never(host: str) -> list[str]:
        raise AssertionError(host)

    policy = DialPolicy(static_hosts={"*.demo.test": ("127.0.0.1", 5001)})
    found = resolve([("koffie.demo.test", 80), ("koffie.demo.test", 6379)], never, policy)
    assert found[0] == ([("127.0.0.1", 5001)], None)
    assert isinstance(found[1][1], RefusedAddressError)
