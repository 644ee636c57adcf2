"""The demo's social server answers as Mastodon does, and proves profile and blog in both directions."""

from collections.abc import Iterator

import pytest
from selectolax.lexbor import LexborHTMLParser

from bloghound.demo import DemoWeb
from bloghound.demo.content import load_blogs
from tests.mockweb.client import Answer, fetch

PROFILES = {blog.profile.name: blog for blog in load_blogs().values() if blog.profile}
ACTIVITY = {"Accept": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'}


@pytest.fixture(scope="module")
def web() -> Iterator[DemoWeb]:
    with DemoWeb() as served:
        yield served


def ask(web: DemoWeb, path: str, headers: dict[str, str] | None = None) -> Answer:
    return fetch(web.atlas.origin("social") + path, headers)


def account_id(web: DemoWeb, name: str) -> str:
    return str(ask(web, f"/api/v1/accounts/lookup?acct={name}").json["id"])


def me_links(text: str) -> set[str | None]:
    return {node.attributes["href"] for node in LexborHTMLParser(text).css('[rel~="me"]')}


@pytest.mark.parametrize("name", PROFILES)
def test_profile_and_blog_prove_each_other_by_rel_me(web: DemoWeb, name: str) -> None:
    home, profile = web.atlas.origin(PROFILES[name].name) + "/", web.atlas.profile_url(name)
    assert me_links(fetch(home).text) == {profile}
    assert me_links(ask(web, f"/@{name}").text) == {home}
    [field] = ask(web, f"/users/{name}").json["attachment"]
    assert me_links(field["value"]) == {home}
    [shown] = ask(web, f"/api/v1/accounts/lookup?acct={name}").json["fields"]
    assert shown == {"name": "Blog", "value": field["value"], "verified_at": shown["verified_at"]}
    assert shown["verified_at"]


def test_a_blog_without_profile_claims_none(web: DemoWeb) -> None:
    assert me_links(fetch(web.atlas.origin("potbound") + "/").text) == set()


@pytest.mark.parametrize("name", PROFILES)
def test_the_account_has_the_figures_of_the_profile(web: DemoWeb, name: str) -> None:
    account = ask(web, f"/api/v1/accounts/lookup?acct={name}").json
    profile, posts = PROFILES[name].profile, PROFILES[name].posts
    assert profile is not None
    assert account["followers_count"] == profile.followers
    assert (account["discoverable"], account["indexable"]) == (profile.discoverable, profile.indexable)
    assert account["statuses_count"] == len(posts) + len(profile.statuses)
    assert ask(web, f"/api/v1/accounts/{account['id']}").json == account


def test_one_profile_does_not_want_to_be_found(web: DemoWeb) -> None:
    actor = ask(web, "/users/priya").json
    assert (actor["discoverable"], actor["indexable"]) == (False, False)
    assert 'content="noindex, noarchive" name="robots"' in ask(web, "/@priya").text
    assert "/@priya" not in ask(web, "/").text
    assert "/@jonas" in ask(web, "/").text


@pytest.mark.parametrize("path", ["/@jonas", "/users/jonas"])
def test_a_profile_is_json_or_html_as_the_client_asks(web: DemoWeb, path: str) -> None:
    actor = ask(web, path, ACTIVITY)
    assert actor.headers["content-type"].startswith("application/activity+json")
    assert actor.json["type"] == "Person"
    assert actor.json["url"] == web.atlas.profile_url("jonas")
    assert ask(web, path, {"Accept": "text/html"}).headers["content-type"].startswith("text/html")


def test_webfinger_knows_accounts_by_name_and_address(web: DemoWeb) -> None:
    domain = web.atlas.origin("social").removeprefix("http://")
    for resource in (f"acct:jonas@{domain}", "acct:jonas@social.demo.test", web.atlas.profile_url("jonas")):
        found = ask(web, f"/.well-known/webfinger?resource={resource}").json
        assert found["subject"] == f"acct:jonas@{domain}"
        assert {link["rel"]: link["href"] for link in found["links"]}["self"].endswith("/users/jonas")


@pytest.mark.parametrize(
    "path",
    [
        "/@nobody",
        "/users/nobody",
        "/@jonas/1",
        "/api/v1/accounts/1",
        "/api/v1/accounts/1/statuses",
        "/api/v1/accounts/lookup?acct=nobody",
        "/api/v1/accounts/lookup?acct=jonas@elsewhere.example",
        "/api/v1/accounts/lookup",
        "/api/v1/statuses/1/context",
        "/api/v1/statuses/1",
        "/.well-known/webfinger?resource=acct:nobody@social.demo.test",
        "/wp-login.php",
    ],
)
def test_what_is_not_there_is_404_in_json(web: DemoWeb, path: str) -> None:
    answer = ask(web, path)
    assert (answer.status, answer.json) == (404, {"error": "Record not found"})


def test_statuses_page_back_by_max_id_and_link_header_until_they_end(web: DemoWeb) -> None:
    url = f"{web.atlas.origin('social')}/api/v1/accounts/{account_id(web, 'chloe')}/statuses?limit=4"
    pages = []
    while url:
        answer = fetch(url)
        pages.append(answer.json)
        [url] = [part.split(">")[0].strip(" <") for part in answer.headers["link"].split(",") if "next" in part] or [""]
    assert [len(page) for page in pages] == [4, 4, 2]
    ids = [int(status["id"]) for page in pages for status in page]
    assert ids == sorted(set(ids), reverse=True)


@pytest.mark.parametrize(("query", "count"), [("", 10), ("?limit=3", 3), ("?limit=999", 10), ("?limit=zero", 10)])
def test_a_page_of_statuses_has_the_size_asked_for(web: DemoWeb, query: str, count: int) -> None:
    assert len(ask(web, f"/api/v1/accounts/{account_id(web, 'jonas')}/statuses{query}").json) == count


def test_a_status_shows_its_reactions_and_has_a_page(web: DemoWeb) -> None:
    statuses = ask(web, f"/api/v1/accounts/{account_id(web, 'jonas')}/statuses").json
    [said] = [status for status in statuses if "puck depth" in status["content"]]
    assert (said["replies_count"], said["reblogs_count"], said["favourites_count"]) == (14, 6, 41)
    assert "puck depth" in fetch(said["url"]).text
    assert {status["created_at"][-1] for status in statuses} == {"Z"}


def test_a_status_that_announces_a_post_links_to_it(web: DemoWeb) -> None:
    statuses = ask(web, f"/api/v1/accounts/{account_id(web, 'maeve')}/statuses").json
    newest = PROFILES["maeve"].posts[0]
    assert web.atlas.post_url(PROFILES["maeve"], newest) in statuses[0]["content"]
    assert statuses[0]["favourites_count"] == newest.comments


def test_the_answers_to_a_status_are_as_many_as_it_shows_and_come_from_elsewhere(web: DemoWeb) -> None:
    statuses = ask(web, f"/api/v1/accounts/{account_id(web, 'jonas')}/statuses").json
    [said] = [status for status in statuses if "puck depth" in status["content"]]
    context = ask(web, f"/api/v1/statuses/{said['id']}/context").json
    assert (context["ancestors"], len(context["descendants"])) == ([], said["replies_count"])
    assert {answer["in_reply_to_id"] for answer in context["descendants"]} == {said["id"]}
    readers = {answer["account"]["acct"] for answer in context["descendants"]}
    assert 3 < len(readers) <= 14
    assert all(reader.endswith("@elsewhere.demo.test") for reader in readers)
