"""The texts of the demo web: believable lengths, nothing said twice, and a plot that is there to be found."""

import re
from collections import Counter
from itertools import combinations

import pytest

from bloghound.demo.content import BlogPost, load_blogs, load_crowd
from bloghound.demo.discussion import discuss
from bloghound.demo.markup import excerpt, places, plain, to_html, unlinked
from bloghound.demo.web import BRIEFS, SEEDS

BLOGS = load_blogs()
ORIGINALS = [blog for blog in BLOGS.values() if blog.copies is None]
POSTS = [(blog.name, post) for blog in ORIGINALS for post in blog.posts]


def origin(name: str) -> str:
    return f"http://{name}"


def citing(name: str) -> set[str]:
    """Original blogs whose posts link to ``name`` in their text."""
    return {
        blog
        for blog, post in POSTS
        if blog != name and any(place.partition("/")[0] == name for place in places(post.body))
    }


# The small markup


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("one\ntwo\n\nthree", "<p>one two</p>\n<p>three</p>"),
        ("## A & B", "<h2>A &amp; B</h2>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("see [this <b>](x/y) now", '<p>see <a href="http://x/y">this &lt;b&gt;</a> now</p>'),
        (
            "[buy](x/p?a=1&b=2){sponsored nofollow}",
            '<p><a href="http://x/p?a=1&amp;b=2" rel="sponsored nofollow">buy</a></p>',
        ),
    ],
)
def test_markup_becomes_html(body: str, html: str) -> None:
    assert to_html(body, origin) == html


def test_markup_becomes_plain_words() -> None:
    body = "## Title\n\n- an [anchor](x/y){ugc}\n- end"
    assert plain(body) == "Title an anchor end"
    assert unlinked("an [anchor](x/y){ugc}") == "an anchor"
    assert places(body) == ["x/y"]


def test_an_excerpt_is_cut_at_a_word() -> None:
    assert excerpt("one two three", words=2) == "one two …"
    assert excerpt("one two", words=2) == "one two"


# The texts


@pytest.mark.parametrize("name", BLOGS)
def test_a_blog_has_6_to_12_posts_of_120_to_350_words(name: str) -> None:
    posts = BLOGS[name].posts
    assert 6 <= len(posts) <= 12
    assert [post.slug for post in posts if not 120 <= len(plain(post.body).split()) <= 350] == []


def test_slugs_are_unique_and_comments_at_most_40() -> None:
    assert max(Counter((name, post.slug) for name, post in POSTS).values()) == 1
    assert {post.comments in range(41) for _, post in POSTS} == {True}


def sentences(post: BlogPost) -> set[str]:
    """Sentences of more than six words; shorter ones may well come twice."""
    return {found for found in re.split(r"(?<=[.?!])\s+", plain(post.body)) if len(found.split()) > 6}


def test_no_sentence_stands_in_two_posts() -> None:
    shared = {(a.slug, b.slug): sentences(a) & sentences(b) for (_, a), (_, b) in combinations(POSTS, 2)}
    assert {pair: both for pair, both in shared.items() if both} == {}


def test_languages_are_english_with_dutch_finnish_and_german_beside() -> None:
    languages = Counter(blog.language for blog in BLOGS.values())
    assert languages == {"en": len(BLOGS) - 3, "nl": 1, "fi": 1, "de": 1}


def test_all_systems_and_feed_formats_are_there() -> None:
    assert {blog.theme for blog in BLOGS.values()} == {"wordpress", "ghost", "blogger", "hugo", "handmade"}
    assert {blog.feed for blog in BLOGS.values()} == {"rss", "atom", "json", "none"}


# The plot


def test_links_in_posts_and_blogrolls_lead_from_the_seeds_to_every_blog() -> None:
    reached, frontier = set(SEEDS), set(SEEDS)
    while frontier:
        blogs = [BLOGS[name] for name in frontier]
        linked = {place.partition("/")[0] for blog in blogs for post in blog.posts for place in places(post.body)}
        frontier = (linked | {name for blog in blogs for name in blog.blogroll}) & set(BLOGS) - reached
        reached |= frontier
    assert reached == set(BLOGS)


@pytest.mark.parametrize("name", [brief.winner for brief in BRIEFS])
def test_a_winner_is_cited_and_discussed_more_than_its_peers_and_has_few_followers(name: str) -> None:
    winner = BLOGS[name]
    peers = [blog for blog in ORIGINALS if blog.niche == winner.niche and blog is not winner]
    assert len(citing(winner.name)) > max(len(citing(peer.name)) for peer in peers)
    assert min(post.comments for post in winner.posts) > max(post.comments for peer in peers for post in peer.posts)
    assert winner.profile is not None
    assert winner.profile.followers < 1000


def test_the_most_followed_blog_is_in_no_niche_and_touches_each_once() -> None:
    followers = {blog.name: blog.profile.followers for blog in BLOGS.values() if blog.profile}
    assert max(followers, key=lambda name: followers[name]) == "brightside"
    assert followers["brightside"] == 480_000
    titles = " | ".join(post.title.lower() for post in BLOGS["brightside"].posts)
    assert [titles.count(word) for word in ("espresso", "bikes", "houseplant")] == [1, 1, 1]


def test_most_posts_of_the_sponsored_blog_are_paid_and_disclosed_in_different_places() -> None:
    posts = BLOGS["morningcup"].posts
    paid = [post for post in posts if "aff=morningcup" in post.body]
    assert (len(paid), len(posts)) == (5, 6)
    words = re.compile(r"#ad|sponsored\.|paid partnership|affiliate links|gifted", re.IGNORECASE)
    positions = [words.search(plain(post.body)) for post in paid]
    starts = sorted(found.start() / len(plain(post.body)) for found, post in zip(positions, paid, strict=True) if found)
    assert len(starts) == 5
    assert starts[2] < 0.05
    assert starts[3] > 0.8


def test_the_scraper_copies_every_word_later_and_without_links() -> None:
    copy, original = BLOGS["dailycrema"], BLOGS["koffie"]
    assert [plain(post.body) for post in copy.posts] == [plain(post.body) for post in original.posts]
    assert all(mine.published > theirs.published for mine, theirs in zip(copy.posts, original.posts, strict=True))
    assert [places(post.body) for post in copy.posts] == [[]] * len(original.posts)
    assert any(places(post.body) for post in original.posts)


def test_every_post_of_the_link_farm_has_dozens_of_links() -> None:
    assert min(len(places(post.body)) for post in BLOGS["cheapdeals"].posts) >= 24
    assert citing("cheapdeals") == {"morningcup"}


def test_the_honest_off_topic_blog_sells_nothing_and_links_to_nobody_for_pay() -> None:
    text = " ".join(post.body for post in BLOGS["oldradios"].posts)
    assert "shop/" not in text
    assert "aff=" not in text


# The comments


@pytest.mark.parametrize("name", [blog.name for blog in ORIGINALS if blog.comments == "open"])
def test_a_discussion_has_its_count_in_order_of_time_with_answers_by_the_author(name: str) -> None:
    blog = BLOGS[name]
    crowd = load_crowd()[f"{blog.niche}.{blog.language}"]
    for post in blog.posts:
        found = discuss(blog, post, crowd, origin)
        assert [comment.number for comment in found] == list(range(1, post.comments + 1))
        assert [comment.written for comment in found] == sorted(comment.written for comment in found)
        assert sum(comment.name == blog.author for comment in found) == post.comments // 4


def test_a_long_discussion_is_held_by_many_people_who_do_not_repeat_each_other() -> None:
    koffie = BLOGS["koffie"]
    longest = max(koffie.posts, key=lambda post: post.comments)
    found = discuss(koffie, longest, load_crowd()["coffee.en"], origin)
    readers = [comment for comment in found if comment.answers is None]
    assert len({comment.name for comment in readers}) >= 25
    assert len({comment.text for comment in readers}) == len(readers) == 40 - 40 // 4
