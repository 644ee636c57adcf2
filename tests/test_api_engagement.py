"""How readers answer, over the real server: measures beside peers, talk, growth, citations, talks elsewhere."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.profiled_bloggers import HIDDEN, id_of
from tests.serving import ask, make_key, serving
from tests.talked_world import BEAN, FIRST_COMMENTS, LATER_COMMENTS, POSTS, SOURCE, WORDS, talked_world

Get = Callable[[str], Any]


@pytest.fixture(scope="module")
def get(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Get]:
    settings = talked_world(tmp_path_factory.mktemp("world"))
    key = make_key(settings, scopes=("read",))
    with serving(settings) as address:
        assert ask("GET", f"{address}/v1/bloggers/{id_of(BEAN)}/similar", key=key).status == 200  # opens the index
        yield lambda path: ask("GET", f"{address}/v1/bloggers/{path}", key=key).json()


@pytest.fixture(scope="module")
def found(get: Get) -> Any:
    return get(f"{id_of(BEAN)}/engagement")


def test_each_measure_stands_beside_its_peers(found: Any) -> None:
    assert list(found["measures"]) == [
        "conversation", "commenters", "amplification", "citations", "applause", "views",
    ]  # fmt: skip
    comments = found["measures"]["conversation"]
    # Four posts with 7 comments and four older ones with 6; cup, the only other who shows any, has 2.
    assert (comments["median"], comments["posts"], comments["peers"]) == ((6 + 7) / 2, POSTS + 4, 2)
    assert comments["peers_low"] < comments["peers_median"] == (2 + 6.5) / 2 < comments["peers_high"]
    assert (comments["peers_group"], comments["share_with_any"], comments["reason"]) == ("all bloggers", 1, None)


def test_what_is_unknown_is_null_with_its_reason(found: Any) -> None:
    likes = found["measures"]["applause"]
    assert (likes["median"], likes["share_with_any"], likes["reason"]) == (None, None, "not_exposed")
    assert (likes["peers"], likes["peers_median"]) == (0, None)


def test_how_readers_talk_is_told(found: Any) -> None:
    by_bea = LATER_COMMENTS // 3
    talk = {name: one["value"] for name, one in found["talk"].items()}
    assert talk == {
        "discussed_posts": POSTS,
        "distinct_commenters": LATER_COMMENTS - by_bea,
        "returning_share": 1,
        "author_answer_share": 1,
        "words_per_comment": WORDS,
    }
    assert {(one["peers"], one["peers_median"]) for one in found["talk"].values()} == {(0, None)}


def test_talk_of_others_is_unknown_with_its_reason(get: Get) -> None:
    talk = get(f"{id_of('wheel.example')}/engagement")["talk"]
    assert (talk["words_per_comment"]["value"], talk["words_per_comment"]["reason"]) == (None, "not_exposed")
    assert (talk["words_per_comment"]["peers"], talk["words_per_comment"]["peers_median"]) == (1, WORDS)


def test_growth_keeps_every_look(found: Any) -> None:
    grown = [one for one in found["growth"] if one["kind"] == "comments"]
    assert [one["post"]["url"][-5:] for one in grown] == [f"talk{number}" for number in range(POSTS)]
    assert {one["grown"] for one in grown} == {LATER_COMMENTS - FIRST_COMMENTS}
    assert [look["count"] for look in grown[0]["looks"]] == [FIRST_COMMENTS, LATER_COMMENTS]
    assert grown[0]["looks"][0]["observed_at"] < grown[0]["looks"][1]["observed_at"]


def test_talks_elsewhere_name_the_post(found: Any) -> None:
    (talk,) = found["discussions"]
    assert (talk["venue"], talk["points"], talk["comments"]) == ("hackernews", 120, None)
    assert talk["post"] == {"url": f"https://{BEAN}/talk0", "title": "Talk 0"}


def test_measures_and_months_are_those_of_the_profile(get: Get, found: Any) -> None:
    assert found["measures"] == get(id_of(BEAN))["standing"]["measures"]
    assert "window" not in found  # each measure has its own
    assert found["months"] == get(f"{id_of(BEAN)}/activity")["months"]
    assert found["unknown_because"] is None


def test_channels_hold_sites_and_what_a_file_states(get: Get) -> None:
    channels = get(id_of(BEAN))["channels"]
    assert [(one["url"], one["platform"], one["stated_by"]) for one in channels] == [
        (f"https://{BEAN}", "wordpress", None),
        ("https://www.instagram.com/bea", "instagram", SOURCE),
        ("https://x.com/bea", "x", SOURCE),
        ("https://social.example/@bea", "mastodon", None),
    ]
    assert [(one["site_key"], one["beside"]) for one in channels[:2]] == [(BEAN, None), (None, BEAN)]
    assert [(one["value"], one["imported_from"]) for one in channels[2]["figures"]] == [(12_300, SOURCE)]


def test_a_stated_profile_has_no_proof_and_a_joined_site_has_its_own(get: Get) -> None:
    channels = get(id_of(BEAN))["channels"]
    assert [[proof["method"] for proof in one["proofs"]] for one in channels] == [["rel_me"], [], [], ["rel_me"]]


def test_proofs_that_do_not_count_say_why_and_name_nobody_who_opted_out(get: Get) -> None:
    proofs = get(id_of(BEAN))["proofs"]
    assert [(one["other_site_key"], one["state"]) for one in proofs if one["state"] == "team"] == [
        ("club.example", "team")
    ]
    assert HIDDEN not in str(proofs)


def test_the_largest_audience_names_its_source(get: Get) -> None:
    followers = get(id_of(BEAN))["followers"]
    assert (followers["value"], followers["imported_from"]) == (40_500, SOURCE)
    assert followers["source_url"] == "https://www.instagram.com/bea"
