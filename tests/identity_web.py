"""A web made to mislead whoever wants to know who is who: blogs and profiles, and which of them are one person's."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from bloghound.demo.exchange import Document, json_document
from bloghound.settings import Settings
from tests.crawling import query
from tests.mockweb import Content, page

Sites = Mapping[str, Mapping[str, Content]]

_WORDS = "{who} of {host} walked along the river on day {day} and counted {count} boats, {count} bikes and one heron. "


@dataclass
class Case:
    """Some sites around one question, and the groups of them that truly are one person's or organisation's."""

    name: str
    truth: Sequence[set[str]] = ()
    hosts: dict[str, dict[str, Content]] = field(default_factory=dict)
    seeds: list[str] = field(default_factory=list)

    def blog(self, host: str, body: str = "", *, head: str = "", path: str = "/", **more: object) -> "Case":
        """A blog with a home page and five posts by ``authors`` in turn; ``pages`` are further pages of it."""
        authors = str(more.get("authors", "")).split("|")
        posts = {
            f"{path.rstrip('/')}/day-{day}/": _post(
                host, day, authors[day % len(authors)], str(more.get("in_posts", ""))
            )
            for day in range(1, 6)
        }
        listed = "".join(f'<li><a href="{url}">Day {day}</a></li>' for day, url in enumerate(posts, 1))
        title = str(more.get("title", host.partition(".")[0].title()))
        home = page(title, f"<h1>{title}</h1><ul>{listed}</ul>{body}", head)
        further = more.get("pages", {})
        assert isinstance(further, dict)
        links = "".join(f'<a href="{url}">more</a>' for url in further)
        self.hosts.setdefault(host, {}).update({path: home.replace("</ul>", f"</ul>{links}"), **posts, **further})
        self.seeds.append(f"http://{host}{path}")
        return self

    def profile(self, server: str, user: str, *named: str, name: str = "", url: str = "") -> "Case":
        """An account on a Mastodon server whose fields name the given addresses."""
        rows = [{"name": "Web", "value": f'<a href="{one}" rel="me nofollow noopener">{one}</a>'} for one in named]
        number = str(sum(map(ord, user)))
        account = {
            "id": number,
            "url": url or f"http://{server}/@{user}",
            "display_name": name or user.title(),
            "note": "",
            "fields": rows,
            "indexable": True,
        }
        pages = self.hosts.setdefault(server, {})
        pages[f"/api/v1/accounts/lookup?acct={user}"] = json_document(account)
        pages[f"/api/v1/accounts/{number}/statuses"] = json_document([])
        self.seeds.append(f"http://{server}/@{user}")
        return self


def me(*urls: str, rel: str = "me") -> str:
    """Links that say ``rel=me``."""
    return "".join(f'<a rel="{rel}" href="{url}">elsewhere</a>' for url in urls)


def linked_data(value: object) -> str:
    """A JSON-LD element."""
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


def _post(host: str, day: int, author: str, links: str) -> str:
    text = "".join(
        _WORDS.format(who=author or "Somebody", host=host, day=day, count=day * 9 + line) for line in range(9)
    )
    byline = f'<meta name="author" content="{author}">' if author else ""
    return page(
        f"Day {day} at {host}",
        f'<article><h1>Day {day} at {host}</h1><time datetime="2026-05-0{day}">May {day}, 2026</time>'
        f"<p>{text}</p>{links}</article>",
        f'<meta property="article:published_time" content="2026-05-0{day}T08:00:00+00:00">{byline}',
    )


@dataclass(frozen=True)
class Joined:
    """What a crawl made of a case: right joins, wrong ones and missing ones, as pairs of site keys."""

    case: str
    right: frozenset[tuple[str, str]]
    wrong: frozenset[tuple[str, str]]
    missing: frozenset[tuple[str, str]]


def compare(settings: Settings, cases: Sequence[Case]) -> list[Joined]:
    """Each case with what is stored of its sites."""
    rows = query(settings, "SELECT key, blogger_id FROM site")
    groups: dict[object, set[str]] = {}
    for key, blogger in rows:
        groups.setdefault(blogger, set()).add(str(key))
    found = _pairs(list(groups.values()))
    results = []
    for case in cases:
        true = _pairs(case.truth)
        ours = {pair for pair in found if any(key.partition("/")[0] in case.hosts for key in pair)}
        results.append(Joined(case.name, frozenset(ours & true), frozenset(ours - true), frozenset(true - ours)))
    return results


def _pairs(groups: Sequence[set[str]]) -> set[tuple[str, str]]:
    return {(one, other) for group in groups for one, other in combinations(sorted(group), 2)}


def misleading_cases() -> list[Case]:
    """The whole set; every case has hosts of its own."""
    return [*_honest(), *_claimed(), *_shared(), *_hubs(), *_planted(), *_hard()]


def _honest() -> list[Case]:
    """Sites that are one's, by every form of proof."""
    rel = Case("rel=me both ways", [{"ann.test", "one.test/@ann"}])
    rel.blog("ann.test", me("http://one.test/@ann")).profile("one.test", "ann", "http://ann.test/")
    about = Case("the about page says it", [{"bea.test", "two.test/@bea"}])
    about.blog("bea.test", pages={"/about/": page("About", me("http://two.test/@bea") + "<p>I write here.</p>")})
    about.profile("two.test", "bea", "http://bea.test/about/")
    person = {"@id": "#me", "@type": "Person", "name": "Cas", "sameAs": ["http://three.test/@cas"]}
    graph = {"@graph": [{"@type": "WebSite", "url": "http://cas.test/", "publisher": {"@id": "#me"}}, person]}
    same_as = Case("JSON-LD sameAs", [{"cas.test", "three.test/@cas"}])
    same_as.blog("cas.test", head=linked_data(graph)).profile("three.test", "cas", "http://cas.test")
    card = '<p class="h-card"><a class="u-url u-uid" href="/">Dee</a><a class="u-url" href="http://four.test/@dee">m</a></p>'
    h_card = Case("h-card", [{"dee.test", "four.test/@dee"}])
    h_card.blog("dee.test", card).profile("four.test", "dee", "http://dee.test/")
    chain = Case("a chain of three", [{"eli.test", "eli-photos.test", "five.test/@eli"}])
    chain.blog("eli.test", me("http://five.test/@eli", "http://eli-photos.test/"), authors="Eli Vos")
    chain.blog("eli-photos.test", me("http://eli.test/"), authors="Eli Vos")
    chain.profile("five.test", "eli", "http://eli.test/", name="Eli Vos")
    firm = {"@type": "Organization", "url": "http://firm.test/", "sameAs": ["http://six.test/@firm"]}
    company = Case("a company and its account", [{"firm.test", "six.test/@firm"}])
    company.blog("firm.test", head=linked_data(firm), in_posts=linked_data(firm))
    company.profile("six.test", "firm", "http://firm.test/", name="Firm")
    moved = Case("one name on two servers", [{"fay.test", "seven.test/@fay", "eight.test/@fay"}])
    moved.blog("fay.test", me("http://seven.test/@fay", "http://eight.test/@fay"))
    moved.profile("seven.test", "fay", "http://fay.test/").profile("eight.test", "fay", "http://fay.test/")
    www = Case("a name with and without www", [{"www.gil.test", "nine-a.test/@gil"}])
    www.blog("www.gil.test", me("http://nine-a.test/@gil")).profile("nine-a.test", "gil", "http://gil.test/")
    www.hosts["gil.test"] = {"/": Document(b"", status=301, headers=(("Location", "http://www.gil.test/"),))}
    return [rel, about, same_as, h_card, chain, company, moved, www]


def _claimed() -> list[Case]:
    """Claims that the other side does not make, or makes about something else."""
    names = Case("the same name, no word")
    names.blog("gus.test", authors="Gus Klein", title="Gus Klein").profile("nine.test", "gus", name="Gus Klein")
    star = Case("a blog claims a star's profile")
    star.blog("fan.test", me("http://ten.test/@star")).profile("ten.test", "star", "http://star.test/")
    famous = Case("a profile claims a famous blog")
    famous.blog("famous.test").profile("eleven.test", "nobody", "http://famous.test/")
    article = Case("a profile names a post")
    article.blog("paper.test", me("http://twelve.test/@ida")).profile("twelve.test", "ida", "http://paper.test/day-1/")
    impostor = Case("a server shows another's account")
    impostor.blog("evil-blog.test", me("http://evil.test/@vic", "http://evil.test/@vic@real.test"))
    impostor.profile("evil.test", "vic", "http://evil-blog.test/", url="http://real.test/@vic")
    impostor.profile("real.test", "vic", "http://vic.test/").blog("vic.test")
    query_page = Case("a profile names an author by query")
    query_page.blog("press.test", me("http://thirteen.test/@joe"))
    query_page.profile("thirteen.test", "joe", "http://press.test/?author=3")
    return [names, star, famous, article, impostor, query_page]


def _shared() -> list[Case]:
    """Sites of several people."""
    team = Case("a team of three", [{"team.test", "fourteen.test/@team"}])
    accounts = {"kim": "fifteen.test", "lou": "sixteen.test", "max": "seventeen.test"}
    team.blog(
        "team.test",
        me(*(f"http://{server}/@{user}" for user, server in accounts.items()), "http://fourteen.test/@team"),
    )
    for user, server in accounts.items():
        team.profile(server, user, "http://team.test/")
    team.profile("fourteen.test", "team", "http://team.test/", name="Team")
    alone = Case("a team of which one is known")
    alone.blog("duo.test", me("http://eighteen.test/@nia"), authors="Nia Smit|Oto Bos")
    alone.profile("eighteen.test", "nia", "http://duo.test/", name="Nia Smit")
    silent = Case("a team of which one answers")
    silent.blog("trio.test", me("http://nineteen.test/@pia", "http://nineteen.test/@quy"))
    silent.profile("nineteen.test", "pia", "http://trio.test/").profile("nineteen.test", "quy")
    page_of_one = Case("an author's page on a team's blog")
    card = page(
        "Rob",
        '<p class="h-card"><a class="u-url u-uid" href="/author/rob/">Rob</a></p>' + me("http://twenty.test/@rob"),
    )
    page_of_one.blog("many.test", pages={"/author/rob/": card})
    page_of_one.profile("twenty.test", "rob", "http://many.test/author/rob/", "http://many.test/")
    staff = Case("a firm's staff", [{"works.test", "twentyone.test/@works"}])
    people = me("http://twentyone.test/@works", "http://twentytwo.test/@sam", "http://twentythree.test/@tom")
    staff.blog("works.test", pages={"/about/": page("About us", people + "<p>We work here.</p>")})
    staff.profile("twentyone.test", "works", "http://works.test/", name="Works")
    staff.profile("twentytwo.test", "sam", "http://works.test/", name="Sam Oud")
    staff.profile("twentythree.test", "tom", "http://works.test/", name="Tom Nieuw")
    couple = Case("one account of two bloggers")
    couple.blog("uma.test", me("http://twentyfour.test/@both"), authors="Uma Prins")
    couple.blog("vik.test", me("http://twentyfour.test/@both"), authors="Vik Mol")
    couple.profile("twentyfour.test", "both", "http://uma.test/", "http://vik.test/", name="Uma and Vik")
    through = Case("a chain through a team", [{"wim.test", "twentyfive.test/@wim"}])
    through.blog("wim.test", me("http://twentyfive.test/@wim", "http://club.test/"), authors="Wim Haas")
    through.profile("twentyfive.test", "wim", "http://wim.test/", name="Wim Haas")
    through.blog("xia.test", me("http://club.test/"), authors="Xia Lang")
    through.blog("club.test", me("http://wim.test/", "http://xia.test/"), authors="Wim Haas|Xia Lang")
    return [team, alone, silent, page_of_one, staff, couple, through]


def _hubs() -> list[Case]:
    """Places where everybody has a page; on public hosts, names under ``.test`` would be taken for left-over ones."""
    links = Case("a page of links")
    links.blog("linktr.ee", me("http://yan-schrijft.nl/", "http://zoe-schrijft.nl/"), path="/yanzoe")
    links.blog("yan-schrijft.nl", me("http://linktr.ee/yanzoe")).blog("zoe-schrijft.nl", me("http://linktr.ee/yanzoe"))
    server = Case("a server and who runs it")
    server.blog("twentysix.test", me("http://twentysix.test/@admin", "http://admin.test/"))
    server.profile("twentysix.test", "admin", "http://twentysix.test/")
    shared_host = Case("a host of many blogs", [{"medium.com/@abe", "toets-toeter.nl/@abe"}])
    shared_host.blog("medium.com", me("http://toets-toeter.nl/@abe"), path="/@abe")
    shared_host.blog("medium.com", me("http://toets-toeter.nl/@abe", "http://toets-toeter.nl/@bo"), path="/@bo")
    shared_host.profile("toets-toeter.nl", "abe", "http://medium.com/@abe", name="Abe Lot")
    shared_host.profile("toets-toeter.nl", "bo", "http://medium.com/")
    roll = Case("a list of forty friends")
    friends = [f"http://friend-{number}.test/" for number in range(39)]
    roll.blog("roll.test", me(*friends, "http://twentyeight.test/@cor"))
    roll.profile("twentyeight.test", "cor", "http://roll.test/")
    return [links, server, shared_host, roll]


def _planted() -> list[Case]:
    """What readers, guests and strangers put on a page that is not theirs."""
    comment = Case("in a comment")
    said = f'<div id="comments"><div class="comment"><p>Nice! {me("http://twentynine.test/@spy")}</p></div></div>'
    comment.blog("open.test", said).profile("twentynine.test", "spy", "http://open.test/")
    guest = Case("in a guest's post on the home page")
    entries = f"<article><h2>Ours</h2><p>Boats.</p></article><article><h2>By a guest</h2>{me('http://thirty.test/@guest')}</article>"
    guest.blog("host.test", entries).profile("thirty.test", "guest", "http://host.test/")
    in_post = Case("in a post")
    in_post.blog("posts.test", in_posts=me("http://thirtyone.test/@pen")).profile(
        "thirtyone.test", "pen", "http://posts.test/"
    )
    ugc = Case("marked as a reader's")
    ugc.blog("forum.test", me("http://thirtytwo.test/@usr", rel="me ugc nofollow")).profile(
        "thirtytwo.test", "usr", "http://forum.test/"
    )
    friend = Case("marked as a friend's")
    friend.blog("pal.test", me("http://thirtythree.test/@pal", rel="me friend")).profile(
        "thirtythree.test", "pal", "http://pal.test/"
    )
    by_line = Case("an article's author in JSON-LD")
    author = {"@type": "Person", "name": "Dirk", "sameAs": ["http://thirtyfour.test/@dirk"]}
    by_line.blog("mag.test", head=linked_data([{"@type": "BlogPosting", "headline": "Boats", "author": author}]))
    by_line.profile("thirtyfour.test", "dirk", "http://mag.test/")
    return [comment, guest, in_post, ugc, friend, by_line]


def _hard() -> list[Case]:
    """Truly one person's, but told apart from several people's by nothing that is read: counted as missed."""
    two_names = Case("one person under two names", [{"evi.test", "thirtyfive.test/@evi", "thirtysix.test/@heron"}])
    two_names.blog("evi.test", me("http://thirtyfive.test/@evi", "http://thirtysix.test/@heron"))
    two_names.profile("thirtyfive.test", "evi", "http://evi.test/", name="Evi Stam")
    two_names.profile("thirtysix.test", "heron", "http://evi.test/", name="The Heron")
    one_way = Case("one person who links one way", [{"flo.test", "thirtyseven.test/@flo"}])
    one_way.blog("flo.test").profile("thirtyseven.test", "flo", "http://flo.test/")
    return [two_names, one_way]
