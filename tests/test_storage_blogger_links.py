"""Links between bloggers, added up over their sites, in pages and with evidence."""

from storage import blogger_links, bloggers
from storage.blogger_links import Direction
from storage.database import Connection, Database
from tests.stored_bloggers import BICYCLE, NOW, Stored


def fill(connection: Connection) -> dict[str, int]:
    """``many`` links to ``hub`` from five posts and its blogroll, ``few`` from one; ``hub`` links back to ``few``."""
    store = Stored(connection)
    for key in ("hub.example", "many.example", "few.example", "second.example"):
        store.site(key)
    store.posts("many.example", 5, to=("https://hub.example/p",))
    store.blogroll("many.example", ["https://hub.example/"])
    store.posts("few.example", 1, to=("https://second.example/x",), rel=("nofollow",), text=BICYCLE)
    store.join("hub.example", "second.example")
    store.posts("hub.example", 1, to=("https://few.example/", "https://second.example/own"))
    rows = bloggers.page(connection, limit=10)
    found = {row.site_key.split(".")[0]: bloggers.find(connection, row.public_id) for row in rows}
    return {name: one.blogger_id for name, one in found.items() if one is not None}


def test_in_links_are_added_up_per_blogger_most_first(database: Database) -> None:
    with database.transaction() as connection:
        many, few = blogger_links.page(connection, fill(connection)["hub"], Direction.IN, limit=9)
    assert (many.site_key, many.links, many.posts) == ("many.example", 5 + 1, 5)
    assert (many.contexts, many.rel) == (("blogroll", "content"), ("noopener",))
    assert (few.site_key, few.links, few.rel, few.first_seen) == ("few.example", 1, ("nofollow",), NOW)


def test_evidence_is_the_newest_linking_posts(database: Database) -> None:
    with database.transaction() as connection:
        many, _ = blogger_links.page(connection, fill(connection)["hub"], Direction.IN, limit=9)
    assert [post.url for post in many.evidence] == [f"https://many.example/{number}" for number in (0, 1, 2)]
    first = many.evidence[0]
    assert (first.title, first.target_url, first.anchor) == ("Entry 0", "https://hub.example/p", "a word")


def test_a_post_with_several_links_is_evidence_once(database: Database) -> None:
    with database.transaction() as connection:
        store = Stored(connection)
        store.site("wordy.example")
        store.site("hub.example")
        store.posts("wordy.example", 4, to=("https://hub.example/a", "https://hub.example/b"))
        (row,) = (one for one in bloggers.page(connection, limit=9) if one.site_key == "hub.example")
        hub = bloggers.find(connection, row.public_id)
        assert hub is not None
        (wordy,) = blogger_links.page(connection, hub.blogger_id, Direction.IN, limit=9)
    assert (wordy.links, wordy.posts) == (4 * 2, 4)
    assert [post.url for post in wordy.evidence] == [f"https://wordy.example/{number}" for number in (0, 1, 2)]


def test_out_links_leave_out_the_bloggers_own_sites(database: Database) -> None:
    with database.transaction() as connection:
        (only,) = blogger_links.page(connection, fill(connection)["hub"], Direction.OUT, limit=9)
    assert (only.site_key, only.links, only.name) == ("few.example", 1, "Few")


def test_pages_of_linkers_join_to_the_whole(database: Database) -> None:
    with database.transaction() as connection:
        hub = fill(connection)["hub"]
        (first,) = blogger_links.page(connection, hub, Direction.IN, limit=1)
        (second,) = blogger_links.page(connection, hub, Direction.IN, limit=1, after=first.position)
        none = blogger_links.page(connection, hub, Direction.IN, limit=1, after=second.position)
    assert [first.site_key, second.site_key, none] == ["many.example", "few.example", []]


def test_an_edge_adds_up_all_links_between_two_bloggers(database: Database) -> None:
    with database.transaction() as connection:
        ids = fill(connection)
        edge = blogger_links.edge(connection, ids["many"], ids["hub"])
        assert blogger_links.edge(connection, ids["hub"], ids["many"]) is None
        first = blogger_links.links_between(connection, ids["many"], ids["hub"], limit=4)
        rest = blogger_links.links_between(connection, ids["many"], ids["hub"], limit=4, after=first[-1].position)
    assert edge is not None
    assert (edge.weight, edge.links, edge.contexts) == (5, 6, ("blogroll", "content"))
    assert len({link.position for link in [*first, *rest]}) == 6
    assert [(link.post_url, link.context) for link in first if link.post_url is None] == [(None, "blogroll")]
