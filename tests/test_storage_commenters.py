"""Comments of people who were forgotten: known by handle or DID, they go everywhere and do not come back."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select

from bloghound.records import Comment, Outcome, ParsedPost, PostSource
from storage import carrying, crawls, erasure, results, sites, suppressions
from storage.carrying import Carried
from storage.database import Database
from storage.merging import ReadPost
from storage.results import PageResult
from storage.sites import NewSite
from storage.suppressions import keyed_hash
from storage.tables import PostComment, Suppression
from storage.tables.base import table_of

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SECRET = b"k" * 32
DID = "did:plc:ann"
BOB, ANN, SKY = "m.example/@bob", "n.example/@ann", "bsky.app/profile/ann.example"
SAID = (
    Comment("ann@n.example", "https://n.example/users/ann/statuses/77"),
    Comment(DID, f"at://{DID}/app.bsky.feed.post/1"),
    Comment("ann", "5"),
)
_COMMENT, _SUPPRESSION = table_of(PostComment), table_of(Suppression)


class Talk:
    """A post of Bob's, and profiles of Ann's on two networks."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.crawl_id = crawls.begin(connection, "crawl", {}, now=NOW).crawl_id
        self.ids = sites.ensure(connection, [NewSite(key, f"https://{key}") for key in (BOB, ANN, SKY)], now=NOW)
        self.post(SKY, f"https://{SKY}/post/1", f"https://bsky.app/profile/{DID}/post/1")

    def post(self, key: str, *addresses: str, comments: tuple[Comment, ...] = ()) -> None:
        read = ParsedPost(
            addresses[0], "A post", "words " * 60, PostSource.PAGE, addresses=addresses, comments=comments
        )
        self.record(key, addresses[0], posts=(ReadPost(read),))

    def record(self, key: str, url: str, **more: Any) -> None:
        page = PageResult(self.crawl_id, self.ids[key], url, Outcome.API, NOW, "live", is_page=False, **more)
        results.record(self.connection, [page], secret_key=SECRET, now=NOW)

    def commenters(self) -> list[str]:
        """Whose comments are stored, by what they are known by."""
        names = {keyed_hash(SECRET, one.identity): one.identity for one in SAID}
        rows = self.connection.execute(select(_COMMENT.c.commenter_hash).order_by(_COMMENT.c.id)).scalars()
        return [names[row] for row in rows]


@pytest.fixture
def talk(database: Database) -> Iterator[Talk]:
    with database.transaction() as connection:
        yield Talk(connection)


@pytest.mark.parametrize(("key", "identity"), [(ANN, "ann@n.example"), (SKY, DID), (f"bsky.app/profile/{DID}", DID)])
def test_an_erasure_takes_what_a_profiles_owner_commented_elsewhere(talk: Talk, key: str, identity: str) -> None:
    talk.post(BOB, f"https://{BOB}/1", comments=SAID)
    removed = erasure.forget(talk.connection, key, secret_key=SECRET, now=NOW).removed
    left = [one.identity for one in SAID if one.identity != identity]
    assert (removed["comments_elsewhere"], talk.commenters()) == (1, left)
    talk.post(BOB, f"https://{BOB}/1", comments=SAID)
    talk.record(BOB, f"https://{BOB}/api", comments=tuple((f"https://{BOB}/1", one) for one in SAID), is_api=True)
    assert sorted(talk.commenters()) == sorted(left * 2)


def test_a_blogs_erasure_takes_no_comment_of_somebody_with_its_name(talk: Talk) -> None:
    talk.post(BOB, f"https://{BOB}/1", comments=SAID)
    removed = erasure.forget(talk.connection, "n.example", secret_key=SECRET, now=NOW).removed
    assert (removed["comments_elsewhere"], len(talk.commenters())) == (0, len(SAID))


@pytest.mark.parametrize("key", [ANN, f"bsky.app/profile/{DID}"])
def test_comments_of_whoever_asked_to_be_left_out_are_not_stored(talk: Talk, key: str) -> None:
    suppressions.add(talk.connection, SECRET, [key], reason=suppressions.OPTED_OUT, now=NOW)
    talk.post(BOB, f"https://{BOB}/1", comments=SAID)
    assert len(talk.commenters()) == len(SAID) - 1


def test_a_restored_backup_loses_the_comments_of_those_forgotten_since(talk: Talk) -> None:
    erasure.forget(talk.connection, SKY, secret_key=SECRET, now=NOW)
    since = carrying.suppression_rows(talk.connection)
    talk.connection.execute(delete(_SUPPRESSION))
    talk.post(BOB, f"https://{BOB}/1", comments=SAID)
    carrying.merge(talk.connection, Carried(since))
    assert talk.commenters() == ["ann@n.example", "ann"]


def test_ids_that_are_addresses_are_not_kept_as_they_are(talk: Talk) -> None:
    talk.post(BOB, f"https://{BOB}/1", comments=SAID)
    keys = talk.connection.execute(select(_COMMENT.c.comment_key).order_by(_COMMENT.c.id)).scalars().all()
    assert keys == [keyed_hash(SECRET, one.comment_id) for one in SAID[:2]] + ["5"]
