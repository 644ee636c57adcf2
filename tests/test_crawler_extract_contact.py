"""What pages state for contact: the blogger's own addresses and wishes, and nobody else's."""

from datetime import UTC, datetime

import pytest

from bloghound.records import Outcome, Statement, StatementKind
from bloghound.settings import Settings
from crawler.extract.contact_pages import PageRole, page_role
from crawler.extract.document import parse_document
from crawler.extract.mailboxes import in_text, is_own, is_role, without_addresses
from crawler.extract.pitch_wishes import find_wishes
from crawler.extract.pool import ParserPool
from crawler.intake import PRIORITY_CONTACT_PAGE, PRIORITY_OTHER_LINK, Arrival, page_result
from crawler.parsed import Document, ParsedPage
from storage.results import PageResult

HOME = "https://tea.example/"
WORDS = "Tea is a drink of hot water poured over leaves, and this page has enough words about it to be read. " * 3


def page(body: str, url: str = f"{HOME}contact/", *, head: str = "", collect: bool = True) -> ParsedPage:
    html = f"<html lang=en><head><title>Page</title>{head}</head><body>{body}<p>{WORDS}</p></body></html>"
    parsed = parse_document(Document(url, html.encode(), "text/html; charset=utf-8"), collect_contacts=collect)
    assert isinstance(parsed, ParsedPage)
    return parsed


def stated(body: str, url: str = f"{HOME}contact/", *, head: str = "") -> tuple[Statement, ...]:
    found = page(body, url, head=head).statements
    assert found is not None
    return found


def addresses(body: str, url: str = f"{HOME}contact/") -> list[str]:
    return [one.value for one in stated(body, url) if one.kind is StatementKind.EMAIL]


def kinds(body: str, url: str = f"{HOME}contact/") -> set[StatementKind]:
    return {one.kind for one in stated(body, url)}


# Pages


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("contact/", PageRole.CONTACT),
        ("pages/Contact-Me.html", PageRole.CONTACT),
        ("yhteydenotto", PageRole.CONTACT),
        ("work_with_me", PageRole.WORK),
        ("à-propos", PageRole.ABOUT),
        ("über-mich", PageRole.ABOUT),
        ("Impressum.php", PageRole.IMPRINT),
        ("pr-policy", PageRole.WORK),
        ("review-policy", PageRole.POLICY),
        ("", None),
        ("2020/05/contact", None),
        ("tags/about/", None),
        ("a/b/c/d/contact", None),
        ("contact-lenses-compared", None),
    ],
)
def test_a_page_is_known_by_its_name(path: str, role: PageRole | None) -> None:
    assert page_role(HOME + path) is role


# Addresses


@pytest.mark.parametrize("name", ["contact", "about", "impressum", "work-with-me", "press"])
def test_an_address_on_a_page_for_visitors_is_kept_with_its_source_and_words(name: str) -> None:
    url = f"{HOME}{name}/"
    (found,) = [
        one
        for one in stated('<p>Write to me: <a href="mailto:Ann@Tea.example?subject=x">mail</a></p>', url)
        if one.value != url
    ]
    assert found == Statement(StatementKind.EMAIL, "ann@tea.example", "mail", url)


@pytest.mark.parametrize(
    "url", [f"{HOME}2024/05/01/my-tea/", f"{HOME}disclosure/", f"{HOME}tag/tea/", f"{HOME}page/2/"]
)
def test_no_address_is_read_from_a_post_or_a_list_of_them(url: str) -> None:
    frame = '<footer>Contact: <a href="mailto:ann@tea.example">mail</a></footer>'
    post = f"<h1>Tea</h1><time datetime=2024-05-01></time><p>Mail ann@tea.example!</p>{WORDS}"
    body = f"<article class=h-entry>{post}</article>"
    assert addresses(body + frame, url) == []


def test_of_a_home_page_only_the_frame_is_read() -> None:
    post = "<article><h2><a href=/a>Tea</a></h2><p>Mail the author: reader@gmail.com</p></article>"
    frame = '<footer><a href="mailto:ann@tea.example">Ann</a></footer>'
    assert addresses(post + frame, HOME) == ["ann@tea.example"]


@pytest.mark.parametrize(
    "frame",
    [
        '<header><a href="mailto:ann@gmail.com">Ann</a></header>',
        '<div class="sidebar"><h3>Contact</h3><p>ann@gmail.com</p></div>',
        '<div class="author-box"><p>E-mail: ann@gmail.com</p></div>',
        '<div class="h-card"><a class="u-email" href="mailto:ann@gmail.com">Ann</a></div>',
        '<nav><a href="mailto:ann@gmail.com"><i class="icon"></i></a></nav>',
    ],
)
def test_every_part_of_the_frame_counts(frame: str) -> None:
    assert addresses(frame, HOME) == ["ann@gmail.com"]


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("ann [at] tea.example", "ann@tea.example"),
        ("ann(at)tea(dot)example", "ann@tea.example"),
        ("ann AT gmail DOT com", "ann@gmail.com"),
        ("ann {arroba} gmail {punto} com", "ann@gmail.com"),
        ("ann (@) gmail (.) com", "ann@gmail.com"),
    ],
)
def test_a_simple_disguise_is_undone_where_the_page_shows_the_address(written: str, address: str) -> None:
    assert addresses(f"<p>{written}</p>") == [address]
    assert addresses(f"<p>You can reach me: {written}</p>", f"{HOME}about/") == [address]


def test_a_disguise_stays_where_nothing_says_that_it_is_for_contact() -> None:
    assert addresses("<p>My old name was ann [at] gmail [dot] com.</p>", f"{HOME}about/") == []
    assert addresses('<p>Mail me: <a data-cfemail="7a1b" class="__cf_email__">[email protected]</a></p>') == []


@pytest.mark.parametrize(
    "other",
    [
        '<p>Theme by <a href="mailto:hi@themes-for-all.com">Themes for all</a></p>',
        "<p>Hosting: Fast Hosts Ltd. E-mail: info@fasthosts-ltd.com</p>",
        "<h2>Data protection officer</h2><p>E-mail: jo@lawyers-and-co.com</p>",
        "<h2>Datenschutz</h2><p>E-Mail: jo@gmail.com</p>",
        "<p>privacy@tea.example, dpo@tea.example, noreply@tea.example, abuse@tea.example</p>",
        "<p>support@wordpress.com, you@example.com, your.name@gmail.com, logo@2x.png</p>",
        "<p>Follow @ann@social-server.com</p>",
        '<p style="display: none">trap@tea.example</p><p hidden>trap@gmail.com</p>',
        "<div id=comments><p>Contact me: reader@gmail.com</p></div>",
        "<!-- ann@gmail.com --><script>var a = 'ann@gmail.com'</script>",
    ],
)
def test_addresses_of_others_are_left_alone(other: str) -> None:
    for name in ("contact", "about", "impressum"):
        assert addresses(other, f"{HOME}{name}/") == []
    assert addresses(f"<footer>{other}</footer>", HOME) == []


def test_another_domain_counts_only_where_it_is_shown_for_contact() -> None:
    assert addresses("<p>I teach with jo@some-school.org and others.</p>", f"{HOME}about/") == []
    assert addresses("<p>You can reach me at jo@some-school.org.</p>", f"{HOME}about/") == ["jo@some-school.org"]


def test_a_directory_of_people_is_nobodys_contact() -> None:
    people = "".join(f"<li>{name}@tea.example</li>" for name in ("ann", "bob", "cleo", "dan"))
    assert addresses(f"<ul>{people}<li>press@tea.example</li></ul>") == ["press@tea.example"]
    assert len(addresses("".join(f"<p>{name}@tea.example</p>" for name in ("ann", "bob", "cleo")))) == 3


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("a@tea.example", True),
        ("a@mail.tea.co.uk", True),
        ("a@cup.co.uk", False),
        ("a@ann.github.io", True),
        ("a@github.io", False),
        ("a@cup.example", False),
    ],
)
def test_an_address_is_the_sites_own_by_its_domain(address: str, own: bool) -> None:
    hosts = {"github.io": "ann.github.io", "co.uk": "blog.tea.co.uk"}
    host = next((host for end, host in hosts.items() if address.endswith(end)), "tea.example")
    assert is_own(address, f"https://{host}/contact") is own


@pytest.mark.parametrize(
    ("address", "role"), [("press@a.example", True), ("ann+pr@a.example", False), ("pr+x@a.example", True)]
)
def test_a_functions_address_is_told_from_a_persons(address: str, role: bool) -> None:
    assert is_role(address) is role


def test_words_are_kept_without_addresses_and_telephone_numbers() -> None:
    assert without_addresses("Call +31 (0)20 123 45 67 or mail ann [at] tea.example") == "Call … or mail …"
    (found,) = [
        one for one in stated("<p>Tel. 020-1234567. For PR: ann@tea.example</p>") if one.kind is StatementKind.EMAIL
    ]
    assert found.words == "For PR"


def test_looking_for_addresses_in_a_hostile_text_ends_soon() -> None:
    assert in_text("a." * 50_000 + "@", undisguise=True) == {}
    assert in_text("ann at tea dot com and " * 20_000, undisguise=True) == {"ann@tea.com": 0}


# Pages and forms


def test_a_contact_page_is_a_way_of_contact_and_so_is_its_form() -> None:
    form = "<form><input name=email><textarea name=message></textarea></form>"
    assert kinds(form) == {StatementKind.CONTACT_PAGE, StatementKind.CONTACT_FORM}
    assert kinds('<iframe src="https://docs.google.com/forms/d/1"></iframe>') >= {StatementKind.CONTACT_FORM}
    assert {one.value for one in stated(form)} == {f"{HOME}contact/"}


@pytest.mark.parametrize(
    "body",
    [
        "<div id=respond><form><textarea name=comment></textarea></form></div>",
        "<form><input type=search></form>",
        "<form><input name=email><button>Subscribe</button></form>",
    ],
)
def test_other_forms_are_none(body: str) -> None:
    assert kinds(body) == {StatementKind.CONTACT_PAGE}
    assert kinds(body, f"{HOME}about/") == set()


def test_a_page_that_only_says_sponsors_is_no_contact_page() -> None:
    url = f"{HOME}sponsor/"
    assert kinds("<p>Thanks to all who support this site.</p>", url) == set()
    assert kinds("<p>Sponsored posts are welcome.</p>", url) == {
        StatementKind.SPONSORED_WELCOME,
        StatementKind.CONTACT_PAGE,
    }


# Wishes


WISHES: list[tuple[str, set[str]]] = [
    ("I do not accept guest posts or sponsored posts.", {"no_guest_posts", "no_sponsored"}),
    ("We never publish paid posts or paid links.", {"no_sponsored", "no_link_requests"}),
    ("I will not accept any “guest posts” here, not for money.", {"no_guest_posts"}),
    ("Guest posts are not accepted, but sponsored posts are welcome.", {"no_guest_posts", "sponsored_welcome"}),
    ("PR friendly", {"pr_welcome"}),
    ("No PR, please.", {"no_pitches"}),
    ("Please do not send me press releases.", {"no_pitches"}),
    ("Unsolicited pitches will be deleted.", {"no_pitches"}),
    ("We welcome pitches from small brands.", {"pr_welcome"}),
    ("Interested in advertising here?", {"sponsored_welcome"}),
    ("My media kit is available on request.", {"rates_on_request"}),
    ("If you would like to publish an article on this blog, please contact me.", {"guest_posts_welcome"}),
    ("Ik plaats geen gastblogs en doe niet aan linkruil.", {"no_guest_posts", "no_link_requests"}),
    ("Gesponsorde artikelen zijn mogelijk.", {"sponsored_welcome"}),
    ("Ik sta open voor samenwerkingen met merken.", {"pr_welcome"}),
    ("Tarieven op aanvraag.", {"rates_on_request"}),
    ("En julkaise vieraskirjoituksia enkä maksettuja postauksia.", {"no_guest_posts", "no_sponsored"}),
    ("Kaupalliset yhteistyöt ovat tervetulleita.", {"sponsored_welcome"}),
    ("Mediakortti pyynnöstä.", {"rates_on_request"}),
    ("Ich veröffentliche keine Gastbeiträge.", {"no_guest_posts"}),
    ("Der Nutzung der Kontaktdaten für die Zusendung von Werbung wird widersprochen.", {"no_pitches"}),
    ("Kooperationen mit Marken? Ich freue mich über Kooperationen.", {"pr_welcome"}),
    ("Mediadaten auf Anfrage.", {"rates_on_request"}),
    ("Je n’accepte pas d’articles invités ni d’échanges de liens.", {"no_guest_posts", "no_link_requests"}),
    ("Pas d'articles sponsorisés sur ce blog.", {"no_sponsored"}),
    ("Je suis ouverte aux partenariats.", {"pr_welcome"}),
    ("Tarifs sur demande.", {"rates_on_request"}),
    ("No acepto artículos patrocinados.", {"no_sponsored"}),
    ("Estoy abierta a colaboraciones con marcas.", {"pr_welcome"}),
    ("Tarifas bajo petición.", {"rates_on_request"}),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "expected"), WISHES)
def test_a_wish_is_read_from_the_sentence_that_states_it(sentence: str, expected: set[str]) -> None:
    assert {wish.kind.value for wish in find_wishes([sentence])} == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "Do you accept guest posts?",
        "None of the content is sponsored.",
        "This is not a sponsored post.",
        "I was paid for sponsored posts in 2010.",
        "Feel free to reach out for collaboration, questions, or just to say hi.",
        "I do not have a dog.",
        "I once wrote about guest houses and their posts.",
        "Ein Blog ohne Werbung.",
    ],
)
def test_what_is_no_wish_is_not_taken_for_one(sentence: str) -> None:
    assert find_wishes([sentence]) == ()


def test_a_wish_keeps_its_words_and_each_kind_comes_once() -> None:
    wishes = find_wishes(["Hello. No guest posts!", "Again: no guest posts."])
    assert [(wish.kind, wish.words) for wish in wishes] == [(StatementKind.NO_GUEST_POSTS, "No guest posts!")]


def test_a_wish_counts_on_pages_for_visitors_only() -> None:
    text = "<p>No guest posts. Write to ann@gmail.com about them.</p>"
    assert StatementKind.NO_GUEST_POSTS in kinds(text, f"{HOME}about/")
    assert StatementKind.NO_GUEST_POSTS in kinds(text, f"{HOME}disclosure/")
    assert kinds(text, f"{HOME}2024/05/01/tea/") == set()


def test_a_text_without_an_end_is_read_in_time() -> None:
    assert find_wishes(["no " * 100_000, "a guest post " * 30 + "x. " * 5_000]) == ()


# Reservations, the setting, and the way to storage


@pytest.mark.parametrize("head", ['<meta name=robots content="noindex">', '<meta name="tdm-reservation" content="1">'])
def test_a_page_that_reserves_itself_states_nothing(head: str) -> None:
    assert stated("<p>Mail ann@tea.example. No guest posts.</p>", head=head) == ()


def test_nothing_is_read_while_it_is_turned_off() -> None:
    assert page("<p>Mail ann@tea.example</p>", collect=False).statements is None
    assert Settings.model_fields["collect_contacts"].default is False


def test_the_parser_pool_hands_the_setting_on() -> None:
    document = Document(
        f"{HOME}contact", f"<html><body><p>ann@tea.example {WORDS}</p></body></html>".encode(), "text/html"
    )
    for collect, expected in ((True, ["ann@tea.example", f"{HOME}contact"]), (False, None)):
        with ParserPool(1, timeout_seconds=20, collect_contacts=collect) as pool:
            parsed = pool.submit(document).result()
        assert isinstance(parsed, ParsedPage)
        assert (parsed.statements and [one.value for one in parsed.statements]) == expected


def result_of(parsed: ParsedPage) -> PageResult:
    arrival = Arrival(1, 2, "tea.example", HOME, parsed.url, fetched_at=datetime(2026, 5, 1, tzinfo=UTC), origin="live")
    return page_result(arrival, parsed, follow=True)


def test_what_a_page_states_comes_to_storage_with_it() -> None:
    parsed = page("<p>Mail ann@tea.example</p>")
    result = result_of(parsed)
    assert (result.outcome, result.statements) == (Outcome.PAGE, parsed.statements)


def test_pages_for_visitors_are_asked_for_early_where_contacts_are_collected() -> None:
    link = '<footer><a href="/contact/">Contact</a></footer>'
    for collect, priority in ((True, PRIORITY_CONTACT_PAGE), (False, PRIORITY_OTHER_LINK)):
        leads = result_of(page(link, HOME, collect=collect)).new_pages
        assert [lead.priority for lead in leads if lead.url == f"{HOME}contact/"] == [priority]
