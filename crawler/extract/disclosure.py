"""Signs of sponsorship and affiliation: what a post says of itself, and what its links carry.

Words after the guidance of the regulators: ASA and FTC (EN), Stichting Reclame Code (NL), KKV (FI), die medienanstalten
(DE), ARPP (FR), Autocontrol (ES). Words that are everyday ones as well ("advertentie", "Anzeige", "Mainos") count only
as a label: at the start of a line, followed by its end or a separator, or in brackets.
"""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, urlsplit

from bloghound.records import Disclosure, Link

SPONSORED = "sponsored"
AFFILIATE = "affiliate"
GIFTED = "gifted"
COUPON = "coupon"

MAX_DISCLOSURES = 20
"""Kept of one post; the credibility findings count posts, not words."""

# Phrases (regular expressions, whole words) that disclose wherever they stand.
_PHRASES: dict[str, tuple[str, ...]] = {
    SPONSORED: (
        r"#ad", r"#advert", r"#sponsored", r"#spon", r"sponsored (?:post|content|article|review|collaboration|by)",
        r"(?:post|article|video|review) (?:is|was) sponsored", r"paid (?:partnership|promotion|collaboration|post)",
        r"this is an ad(?:vertisement)?", r"advertorial", r"in paid partnership with",
        r"gesponsorde? (?:post|artikel|bijdrage|blog)", r"gesponsord door", r"betaalde samenwerking", r"#reclame",
        r"bevat (?:reclame|advertenties?)", r"deze (?:post|blog) bevat reclame", r"#samenwerking",
        r"kaupallinen yhteistyö", r"kaupallisessa yhteistyössä", r"maksettu (?:mainos|yhteistyö)", r"#mainos",
        r"sisältää mainoksen",
        r"bezahlte (?:werbung|partnerschaft|kooperation)", r"unbezahlte werbung", r"enthält werbung", r"#werbung",
        r"#anzeige",
        r"gesponserte[rs]? (?:beitrag|artikel|post)", r"gesponsert von", r"werbung wegen",
        r"partenariat (?:rémunéré|commercial)", r"collaboration commerciale",
        r"(?:article|billet|contenu|post) sponsorisé",
        r"#sponsorisé", r"#partenariat", r"sponsorisé par",
        r"(?:contenido|artículo|post|entrada) patrocinad[oa]", r"patrocinado por",
        r"colaboración (?:pagada|remunerada|comercial)",
        r"#publi(?:cidad)?", r"#patrocinado", r"#colaboraciónpagada",
    ),
    AFFILIATE: (
        r"affiliate links?", r"affiliate (?:program(?:me)?|partner|commission|disclosure)",
        r"(?:we|i) (?:may |will |can )?(?:earn|receive|get) (?:a |an )?(?:small |affiliate )?commission",
        r"earn from qualifying purchases", r"#affiliate", r"affiliatelinks?", r"affiliate-links?", r"bevat affiliate",
        r"affiliate-linkkejä?", r"mainoslinkk\w+", r"kumppanilinkk\w+", r"provisions-links?", r"partnerlinks?",
        r"affiliate-partner",
        r"liens? affiliés?", r"liens? d['’]affiliation", r"liens? partenaires?",
        r"enlaces? de afiliad[oa]s?", r"links? de afiliad[oa]s?", r"programa de afiliados",
    ),
    GIFTED: (
        r"#gifted", r"(?:kindly |was |were |been )gifted (?:by|to (?:me|us)|for)", r"gifted (?:item|product|by)",
        r"(?:free|complimentary) (?:sample|product|copy) (?:from|of|in exchange)",
        r"received .{0,40} for free", r"in exchange for (?:an? )?(?:honest )?review", r"pr[- ]samples?",
        r"press sample",
        r"gratis (?:aangeboden|ontvangen|gekregen)", r"gekregen van",
        r"saatu (?:mainostarkoituksessa|ilmaiseksi|blogin kautta)",
        r"kostenlos zur verfügung gestellt", r"pr-muster", r"produit offert", r"offert par (?:la marque)?",
        r"reçu gratuitement",
        r"regalado por", r"producto cedido", r"cedido por (?:la marca)?",
    ),
    COUPON: (
        r"(?:discount|promo|coupon|voucher|referral) codes?", r"use (?:my |the )?code", r"kortingscodes?",
        r"alennuskood\w+", r"rabattcodes?",
        r"gutscheincodes?", r"codes? promo", r"code de réduction", r"código (?:de )?(?:descuento|promocional)",
    ),
}  # fmt: skip
# Everyday words that disclose only as a label.
_LABELS = (
    "ad", "advertisement", "sponsored", "gifted", "paid post", "advertentie", "reclame", "gesponsord", "samenwerking",
    "mainos", "kaupallinen yhteistyö", "anzeige", "werbung", "gesponsert", "kooperation", "publicité", "sponsorisé",
    "partenariat", "publicidad", "patrocinado", "colaboración",
)  # fmt: skip
_LABEL_KINDS = {"gifted": GIFTED}

# Parameters in which affiliate networks and shops carry the partner's or the coupon's name.
_AFFILIATE_PARAMETERS = frozenset(
    {"aff", "aff_id", "affid", "affiliate", "affiliate_id", "affiliateid", "afftrack", "awc", "awinaffid", "clickref",
     "irclickid", "partner_id", "partnerid", "tduid", "tracking_id", "associatetag", "ranmid", "raneaid"}
)  # fmt: skip
_COUPON_PARAMETERS = frozenset(
    {"coupon", "coupon_code", "couponcode", "discount", "discount_code", "promo", "promocode", "promo_code", "voucher"}
)
_ASSOCIATE_TAG = re.compile(r"^[\w-]+-2\d$")
"""Form of the ``tag`` parameter of the largest associates programme: a name and a country's number."""

_PATTERNS = {
    kind: re.compile(rf"(?<![\w#])(?:{'|'.join(phrases)})(?!\w)", re.IGNORECASE) for kind, phrases in _PHRASES.items()
}
# All of them in lower case: most posts hold none, and one search without IGNORECASE takes a quarter of the time.
_ANY_PHRASE = re.compile(rf"(?<![\w#])(?:{'|'.join(phrase for group in _PHRASES.values() for phrase in group)})(?!\w)")
_LABEL = re.compile(
    rf"^[\W_]{{0,3}}({'|'.join(_LABELS)})[*)\]]?\s*(?:$|[:|–—]|\s-\s)|[\[(]({'|'.join(_LABELS)})[\])]",
    re.IGNORECASE | re.MULTILINE,
)


def find_disclosures(title: str, text: str, links: Iterable[Link] = ()) -> tuple[Disclosure, ...]:
    """Every sign of sponsorship in a post, ordered by position; a sign in the title has position 0."""
    found = [
        Disclosure(kind, match.group().strip(), match.start() / max(1, len(text))) for kind, match in _phrases(text)
    ]
    found += [_labelled(match, len(text)) for match in _LABEL.finditer(text)]
    found += [Disclosure(kind, match.group(), 0.0) for kind, match in _phrases(title)]
    found += [_labelled(match, 0) for match in _LABEL.finditer(title)]
    found += _from_links(links, text)
    distinct = {(item.kind, item.words.casefold()): item for item in sorted(found, key=lambda item: -item.position)}
    return tuple(sorted(distinct.values(), key=lambda item: (item.position, item.kind))[:MAX_DISCLOSURES])


def _phrases(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    if _ANY_PHRASE.search(text.lower()):
        yield from ((kind, match) for kind, pattern in _PATTERNS.items() for match in pattern.finditer(text))


def link_mark(link: Link) -> tuple[str, str] | None:
    """What a link discloses, as (kind, words): ``rel=sponsored``, or an affiliate or coupon parameter; else None."""
    if "sponsored" in link.rel:
        return SPONSORED, "rel=sponsored"
    try:
        parameters = parse_qsl(urlsplit(link.target_url).query)
    except ValueError:
        return None
    for name, value in parameters:
        if name.lower() in _AFFILIATE_PARAMETERS or (name == "tag" and _ASSOCIATE_TAG.match(value)):
            return AFFILIATE, f"link parameter {name}"
        if name.lower() in _COUPON_PARAMETERS:
            return COUPON, f"link parameter {name}"
    return None


def _labelled(match: re.Match[str], length: int) -> Disclosure:
    words = match.group(1) or match.group(2)
    return Disclosure(_LABEL_KINDS.get(words.lower(), SPONSORED), words, match.start() / length if length else 0.0)


def _from_links(links: Iterable[Link], text: str) -> list[Disclosure]:
    """A link stands where its anchor stands in the text; at the end where that cannot be told."""
    found = []
    for link in links:
        mark = link_mark(link)
        if mark is not None:
            place = text.find(link.anchor) if link.anchor else -1
            found.append(Disclosure(*mark, place / max(1, len(text)) if place >= 0 else 1.0))
    return found
