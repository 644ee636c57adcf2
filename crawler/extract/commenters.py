"""Who wrote a comment and which one it is: names and ids as page, feed and interface agree on them. Pure."""

import html
import re
import unicodedata

from crawler.extract.encoding import one_line

MAX_NAME_CHARS = 80
"""Longer ones are sentences, not names."""

# What systems put where nobody gave a name: EN NL DE FR ES PT IT FI SV RU, Chinese, Japanese, Korean.
_UNNAMED = frozenset(
    {
        *("anonymous", "anon", "guest", "unknown", "someone", "visitor", "unregistered visitor", "deleted"),
        *("anoniem", "gast", "bezoeker", "anonym", "besucher", "unbekannt", "anonyme", "invité", "visiteur"),
        *("anónimo", "anonimo", "invitado", "anônimo", "visitante", "ospite", "nimetön", "anonyymi", "vieras"),
        *("anonym användare", "gäst", "аноним", "гость", "匿名", "匿名さん", "名無し", "游客", "访客", "익명", "손님"),
    }
)
_NOT_OF_THE_NAME = re.compile(
    r"^\W*(?i:by|posted by|geplaatst door|(?:from|von|door|par|por|di|da|av)\s*:)\s*:?\s+|"
    r"\s*\((?i:not verified|guest|author|post author|admin|visitor|niet gecontroleerd|nicht überprüft)\)|"
    # In lower case only: Said and Dice are names.
    r"[\s,]+(?:says?|said|writes?|wrote|commented|replied|schreef|zegt|reageerde|sagt|sagte|schrieb|meint|kommentierte|"
    r"a dit|dit|a écrit|dijo|dice|escribió|disse|diz|comentou|ha detto|ha scritto|sanoo|sanoi|kirjoitti|skrev|säger|"
    r"пишет|сказал\w*)\b(?:\s+(?:on|am|op|le|el|em|il|den)\b.*)?\s*[:.…]*\s*$|[\s,:;…·|–—-]+$"
)

_IDS = (
    # WordPress, Movable Type, TypePad, Drupal, Staticman, Serendipity, old Blogger, Isso; themes put a word before it.
    re.compile(r"(?:^|[-_#])(?:comment|cmt|isso)[-_]?((?=[a-f-]*\d)[0-9a-f][0-9a-f-]{0,63})$", re.IGNORECASE),
    # Blogger, Textpattern, Serendipity, Dotclear: in markup and addresses.
    re.compile(r"(?:^|#)c(\d{1,32})$"),
    # Blogger, in feeds and in its interface: a comment has the number that its anchor has.
    re.compile(r"\.post-(\d{1,32})$"),
)


def identity_of(name: str) -> str:
    """``name`` as it is compared: without case, width and spacing. Empty for who gave none ("Anonymous")."""
    folded = " ".join(unicodedata.normalize("NFKC", html.unescape(name)).casefold().split())
    return "" if folded in _UNNAMED else folded


def comment_id_in(text: str) -> str:
    """A platform's own id of a comment, out of an element's id, an address or a feed's guid; empty without one.

    ``comment-12``, ``li-comment-12`` and ``https://tea.nl/?p=3#comment-12`` give ``12``; ``c456`` and
    ``tag:blogger.com,1999:blog-1.post-456`` give ``456``.
    """
    return next((match.group(1) for pattern in _IDS if (match := pattern.search(text.strip()))), "")


def commenter_name(text: str | None) -> str:
    """The name in the words under which somebody comments ("Bea says:", "By: Bea"); empty where there is none."""
    name = one_line(text, MAX_NAME_CHARS * 2)
    while (shorter := _NOT_OF_THE_NAME.sub("", name).strip()) != name:
        name = shorter
    return name if len(name) <= MAX_NAME_CHARS and any(char.isalnum() for char in name) else ""
