"""Figures by file: what a line means, what is wrong with others, and that nothing of ours is overwritten."""

import io
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bloghound.errors import ImportFileError
from bloghound.jobs import channels, importing_metrics, profiles
from bloghound.jobs.forgetting import run_forget
from bloghound.jobs.importing_metrics import MetricsReport, import_metrics, run_import_metrics
from bloghound.jobs.metric_lines import MAX_LINE_BYTES
from bloghound.jobs.optouts import request_optout
from bloghound.settings import Settings
from storage import audiences, identity, post_pages, provenance, rankable, sites, suppressions
from storage.database import Database, open_database
from storage.post_pages import ShownReading
from storage.tables.base import public_id, utc_now
from tests.stored_bloggers import NOW, Stored

HEADER = "profile_url,blog,metric,value,date,source"
FOLLOWERS = "https://x.com/ann,bean.example,followers,1200,2026-04-01,Media kit"


class World:
    """One blog with two posts and a profile, joined to it."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings, self.database = settings, database
        with database.transaction() as connection:
            store = Stored(connection)
            self.blog = store.site("bean.example")
            store.posts("bean.example", 2, comments=6)
            self.profile = store.site("social.example/@bea", kind="profile", platform="mastodon")
            store.join("bean.example", "social.example/@bea")
            store.site("cup.example")

    def take(self, *lines: str, header: str = HEADER, replace: bool = False, source: str = "") -> MetricsReport:
        """The report of a file of these lines."""
        return self.read("\r\n".join([header, *lines]).encode() + b"\r\n", replace=replace, source=source)

    def read(self, content: bytes, *, replace: bool = False, source: str = "") -> MetricsReport:
        return import_metrics(self.settings, self.database, io.BytesIO(content), replace=replace, source=source)

    def figures(self) -> list[tuple[str, int | None, str | None, str]]:
        """Kind, value, profile and source of everything that is shown."""
        with self.database.read() as connection:
            found = provenance.latest_figures(connection, [self.blog, self.profile])
        return sorted((one.kind, one.value, one.profile_url, one.imported_from) for one in found)

    def readings(self, url: str) -> dict[str, ShownReading]:
        """What is shown of a post, by kind."""
        with self.database.read() as connection:
            (post,) = [one for one in post_pages.page(connection, [self.blog], limit=9) if one.url == url]
        return {one.kind: one for one in post.engagement}


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    with closing(open_database(settings)) as database:
        yield World(settings, database)


def refusals(report: MetricsReport) -> list[tuple[int, str]]:
    return [(line.number, line.refusal) for line in report.bad_lines]


def test_a_profile_stands_at_the_blog_that_the_file_names(world: World) -> None:
    report = world.take(FOLLOWERS, "https://www.instagram.com/ann/,bean.example,followers,900,2026-04-01,Agency")
    assert (report.lines, report.stored, report.refused) == (2, 2, {})
    assert world.figures() == [
        ("followers", 900, "https://www.instagram.com/ann/", "Agency"),
        ("followers", 1200, "https://x.com/ann", "Media kit"),
    ]


def test_a_second_import_changes_nothing(world: World) -> None:
    world.take(FOLLOWERS)
    before = world.figures()
    report = world.take(FOLLOWERS)
    assert (report.stored, report.known, report.lines) == (0, 1, 1)
    assert world.figures() == before


def test_a_file_joins_nobody(world: World) -> None:
    world.take("https://social.example/@bea,cup.example,followers,5,2026-04-01,X", FOLLOWERS)
    with world.database.read() as connection:
        bloggers = {row[0] for row in connection.exec_driver_sql("SELECT blogger_id FROM site").all()}
        proofs = identity.proofs(connection, [world.blog, *sites.ids_by_key(connection, ["cup.example"]).values()])
    assert (len(bloggers), len(proofs)) == (2, 1)


def test_a_stored_profile_keeps_its_own_figures(world: World) -> None:
    with world.database.transaction() as connection:
        sites.observe_metric(
            connection, world.profile, "followers", 100, source_url="https://social.example/@bea", now=NOW
        )
    older = "https://social.example/@bea,,followers,70,2026-04-01,Agency"
    assert world.take(older).stored == 1
    assert world.figures() == [("followers", 100, None, "")]
    newer = "https://social.example/@bea,bean.example,followers,170,2026-05-09,Agency"
    assert world.take(newer).stored == 1
    assert world.figures() == [("followers", 170, None, "Agency")]


def test_a_figure_that_we_read_is_never_replaced(world: World) -> None:
    with world.database.transaction() as connection:
        sites.observe_metric(
            connection, world.profile, "followers", 100, source_url="https://social.example/@bea", now=NOW
        )
    same_moment = f"https://social.example/@bea,,followers,7,{NOW.isoformat()},Agency"
    assert refusals(world.take(same_moment, replace=True)) == [(2, "contradicts")]
    assert world.figures() == [("followers", 100, None, "")]


def test_what_we_read_later_is_compared_with_what_we_read_before(world: World) -> None:
    world.take("https://social.example/@bea,,followers,70,2026-05-02,Agency")
    with world.database.transaction() as connection:
        for value, days in ((70, 2), (70, 3)):
            sites.observe_metric(
                connection, world.profile, "followers", value, source_url="x", now=NOW + timedelta(days=days)
            )
        shown = provenance.figures_history(connection, [world.profile], limit=9)
    assert [(one.imported_from, one.observed_at) for one in shown] == [
        ("", NOW + timedelta(days=2)),
        ("Agency", NOW + timedelta(days=1)),
    ]


def test_the_larger_audience_of_today_is_what_a_blogger_has(world: World) -> None:
    world.take(
        FOLLOWERS,
        FOLLOWERS.replace("1200", "800").replace("2026-04-01", "2026-04-20"),
        "https://instagram.com/ann,bean.example,followers,900,2026-04-01,Agency",
        ",bean.example,followers,350,2026-04-01,Newsletter",
    )
    with world.database.read() as connection:
        assert audiences.followers(connection) == {world.blog: 900}
        (blogger,) = rankable.bloggers(connection, rankable.outlines(connection))
    assert max(site.followers or 0 for site in blogger.sites) == 900


POSTS_HEADER = "post_url,metric,value,date"


def test_reactions_to_a_stored_post_come_in_with_their_source(world: World) -> None:
    report = world.take("https://bean.example/0?utm_source=x,Shares,44,2026-04-03", header=POSTS_HEADER, source="Tool")
    shown = world.readings("https://bean.example/0")
    assert (report.stored, shown["shares"].count, shown["shares"].imported_from) == (1, 44, "Tool")
    assert (shown["comments"].count, shown["comments"].imported_from) == (6, "")


def test_the_newest_of_both_is_shown(world: World) -> None:
    lines = ("https://bean.example/0,comments,1,2026-04-03", "https://bean.example/1,comments,9,2026-05-03")
    assert world.take(*lines, header=POSTS_HEADER, source="Tool").stored == 2
    assert [world.readings(f"https://bean.example/{number}")["comments"].count for number in (0, 1)] == [6, 9]


def test_a_correction_must_be_asked_for(world: World) -> None:
    world.take(FOLLOWERS)
    other = FOLLOWERS.replace("1200", "2100")
    assert refusals(world.take(other)) == [(2, "contradicts")]
    report = world.take(other, replace=True)
    assert (report.replaced, world.figures()[0][1]) == (1, 2100)
    assert world.take(other, replace=True).known == 1


def test_of_two_values_of_a_day_in_one_file_the_first_stays(world: World) -> None:
    twice = (FOLLOWERS, FOLLOWERS.replace("1200", "2100"))
    for known, stored in ((0, 1), (1, 0)):
        report = world.take(*twice)
        assert (report.known, report.stored, refusals(report)) == (known, stored, [(3, "contradicts")])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("https://x.com/ann,bean.example,fame,1,2026-04-01,A", "'fame' is no figure of a profile or blog"),
        ("https://x.com/ann,bean.example,likes,1,2026-04-01,A", "'likes' is no figure of a profile or blog"),
        ("https://x.com/ann,bean.example,followers,1.2K,2026-04-01,A", "'1.2K' is no whole number"),
        ('https://x.com/ann,bean.example,followers,"1,200",2026-04-01,A', "'1,200' is no whole number"),
        ("https://x.com/ann,bean.example,followers,-1,2026-04-01,A", "'-1' is no whole number"),
        ("https://x.com/ann,bean.example,followers,,2026-04-01,A", "'' is no whole number"),
        ("https://x.com/ann,bean.example,followers,1,01/04/2026,A", "is no ISO date"),
        ("https://x.com/ann,bean.example,followers,1,,A", "'' is no ISO date"),
        ("https://x.com/ann,bean.example,followers,1,2026-02-30,A", "is no ISO date"),
        ("https://x.com/ann,bean.example,followers,1,2999-01-01,A", "in the future"),
        ("https://x.com/ann,bean.example,followers,1,0026-01-01,A", "before 1994"),
        ("https://x.com/ann,bean.example,followers,1,2026-04-01,", "does not say whose"),
        (f"https://x.com/ann,bean.example,followers,1,2026-04-01,{'a' * 201}", "at most 200"),
        ("mailto:ann,bean.example,followers,1,2026-04-01,A", "profile_url: 'mailto:ann'"),
        ("https://x.com/ann,ann@bean.example,followers,1,2026-04-01,A", "blog: 'ann@bean.example'"),
        (",,followers,1,2026-04-01,A", "names no profile_url"),
        ("https://x.com/ann,bean.example,followers,1,2026-04-01", "5 columns, the header 6"),
        ('https://x.com/ann,"bean.example,followers,1,2026-04-01,A', "a quote is not closed"),
        ('https://x.com/ann,"bean"x,followers,1,2026-04-01,A', "no CSV"),
        ("https://x.com/ann,nowhere.example,followers,1,2026-04-01,A", "no site of that address"),
        ("https://x.com/ann,,followers,1,2026-04-01,A", "no site of that address"),
        ("https://social.example/@bea,cup.example.com,followers,1,2026-04-01,A", "no site of that address"),
    ],
)
def test_a_wrong_line_is_named_and_costs_no_other(world: World, line: str, words: str) -> None:
    report = world.take(FOLLOWERS, line, FOLLOWERS.replace("04-01", "04-02"))
    assert (report.stored, report.lines, [one.number for one in report.bad_lines]) == (2, 3, [3])
    assert words in report.bad_lines[0].message


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ("https://bean.example/none,comments,1,2026-04-03,", "unknown_post"),
        ("https://nowhere.example/0,comments,1,2026-04-03,", "unknown_post"),
        ("https://bean.example/0,followers,1,2026-04-03,", "wrong_value"),
        ("https://bean.example/0,comments,1,2026-04-03,https://x.com/ann", "wrong_value"),
    ],
)
def test_a_wrong_line_about_a_post_is_refused(world: World, line: str, refusal: str) -> None:
    report = world.take(line, header=f"{POSTS_HEADER},profile_url", source="Tool")
    assert refusals(report) == [(2, refusal)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\r\n\n", "empty"),
        (b"profile_url;metric;value;date\n", "separated by commas"),
        (b"profile_url,metric,value,date,reach\n", "'reach'"),
        (b"profile_url,metric,value,date,Date\n", "twice"),
        (b"profile_url,value\n", "lacks metric, date"),
        (b"metric,value,date,source\n", "no column of addresses"),
        (b"blog,metric,value,date\n", "whose figures"),
        (b"blog,metric,value,date\xff\n", "header, line 1, cannot be read"),
        (b'blog,metric,value,"date\n', "header, line 1, cannot be read"),
        ("blog,metric".encode("utf-16"), "cannot be read"),
    ],
)
def test_a_header_that_cannot_be_used_is_refused(world: World, content: bytes, words: str) -> None:
    with pytest.raises(ImportFileError, match=words):
        world.read(content)


def test_rfc_4180_is_read_with_and_without_a_byte_order_mark(world: World) -> None:
    quoted = b'"Date","VALUE",metric,blog,source\r\n2026-04-01,7,followers,bean.example,"A ""big"", tool"\r\n'
    for content in (quoted, b"\xef\xbb\xbf" + quoted, quoted.replace(b"\r\n", b"\n").removesuffix(b"\n")):
        report = world.read(content)
        assert (report.stored + report.known, report.refused) == (1, {})
    assert world.figures() == [("followers", 7, None, 'A "big", tool')]


def test_a_text_of_several_lines_is_one_record(world: World) -> None:
    report = world.take(FOLLOWERS.replace("Media kit", '"Media\nkit"'), FOLLOWERS.replace("ann", "bob"), "x")
    assert (report.stored, refusals(report)) == (2, [(5, "unreadable")])


def test_bytes_that_are_no_text_cost_their_line_only(world: World) -> None:
    lines = [HEADER.encode(), b"\xff\xfe\x00", b"x" * (3 * MAX_LINE_BYTES), b"", FOLLOWERS.encode()]
    report = world.read(b"\n".join(lines))
    assert (report.stored, refusals(report)) == (1, [(2, "unreadable"), (3, "unreadable")])


def test_an_open_quote_before_an_unreadable_line_costs_both(world: World) -> None:
    report = world.read(b"\n".join([HEADER.encode(), b'"open', b"\xff", FOLLOWERS.encode()]))
    assert (report.stored, refusals(report)) == (1, [(2, "unreadable"), (3, "unreadable")])


@pytest.mark.parametrize("key", ["bean.example", "x.com/ann"])
def test_who_is_kept_out_is_refused(world: World, key: str) -> None:
    with world.database.transaction() as connection:
        suppressions.add(connection, world.settings.secret_key(), [key], reason="opted out", now=NOW)
    assert refusals(world.take(FOLLOWERS.replace("x.com/ann", "www.X.com/Ann/"))) == [(2, "suppressed")]
    assert world.figures() == []


def test_a_forgotten_profile_takes_its_figures_along(world: World) -> None:
    world.take(FOLLOWERS, FOLLOWERS.replace("ann", "annabel"))
    done = run_forget(world.settings, "https://x.com/Ann")
    assert (done.site_key, done.receipt.removed["imported_figures"]) == ("x.com/ann", 1)
    assert [profile for _, _, profile, _ in world.figures()] == ["https://x.com/annabel"]
    assert refusals(world.take(FOLLOWERS)) == [(2, "suppressed")]


def test_a_long_file_is_read_in_parts(
    world: World, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing_metrics, "LINES_AT_ONCE", 10)
    monkeypatch.setattr(importing_metrics, "MAX_NAMED_LINES", 3)
    day = datetime(2020, 1, 1, tzinfo=UTC)
    lines = [f",bean.example,posts,{n},{(day + timedelta(days=n)).date()},Log" for n in range(25)]
    path = tmp_path / "figures.csv"
    path.write_text("\n".join([HEADER, *lines, *["bad"] * 7]))
    seen: list[tuple[int, int]] = []
    report = run_import_metrics(settings, path, progress=lambda read, total: seen.append((read, total)))
    assert (report.stored, report.refused, len(report.bad_lines)) == (25, {"unreadable": 7}, 3)
    assert (len(seen), seen[-1]) == (4, (path.stat().st_size,) * 2)
    assert seen == sorted(seen)
    assert world.figures() == [("posts", 24, None, "Log")]


def test_a_file_that_is_not_there_is_named(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match=r"none\.csv cannot be read"):
        run_import_metrics(settings, tmp_path / "none.csv")


def test_a_profile_that_opts_out_is_hidden_at_once_and_no_other_with_it(world: World) -> None:
    world.take(FOLLOWERS, FOLLOWERS.replace("ann", "bob").replace("1200", "10"))
    request_optout(world.settings, world.database, "https://www.x.com/Ann", utc_now())
    bea = public_id("blg", "bean.example")
    with world.database.read() as connection:
        profile = profiles.profile(connection, world.settings, bea, None)
        history = channels.visible_history(connection, world.settings, [world.blog], limit=1)
    assert [one.url for one in profile.channels if one.site is None] == ["https://x.com/bob"]
    assert (profile.followers.value, [one.value for one in history]) == (10, [10])
    later = [FOLLOWERS.replace("04-01", "04-02"), FOLLOWERS.replace("ann", "bob").replace("04-01", "04-02")]
    assert refusals(world.take(*later)) == [(2, "suppressed")]
