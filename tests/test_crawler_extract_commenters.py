"""Names and ids of comments, the same wherever they are read."""

import pytest

from crawler.extract.commenters import MAX_NAME_CHARS, comment_id_in, commenter_name, identity_of


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        ("Bea  Smit ", "bea smit"),
        ("ＢＥＡ", "bea"),
        ("Tom &amp; Jo", "tom & jo"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("", ""),
        ("Anonymous", ""),
        ("Unregistered Visitor", ""),
        ("匿名", ""),
        ("Anoniem", ""),
        ("Anonymous Bosch", "anonymous bosch"),
    ],
)
def test_names_are_compared_without_case_width_and_spacing(name: str, identity: str) -> None:
    assert identity_of(name) == identity


@pytest.mark.parametrize(
    ("text", "comment_id"),
    [
        ("comment-12", "12"),
        ("li-comment-12", "12"),
        ("div-comment-12", "12"),
        ("https://tea.nl/?p=3#comment-12", "12"),
        ("https://tea.nl/posts/oolong/#comment-12", "12"),
        ("c1234567890", "1234567890"),
        ("https://tea.blogspot.com/p.html?showComment=1588586400000#c1234567890", "1234567890"),
        ("tag:blogger.com,1999:blog-7.post-1234567890", "1234567890"),
        ("Blog1_cmt-99", "99"),
        ("isso-3", "3"),
        ("comment-6a00d8341c", "6a00d8341c"),
        ("comment-0f8fad5b-d9cb-469f-a165-70867728950e", "0f8fad5b-d9cb-469f-a165-70867728950e"),
        ("comment-form", ""),
        ("comment-feed", ""),
        ("recent-comments-2", ""),
        ("#contents", ""),
        ("", ""),
    ],
)
def test_ids_of_the_platforms_own(text: str, comment_id: str) -> None:
    assert comment_id_in(text) == comment_id


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Bea says:", "Bea"),
        ("Bea said on May 4:", "Bea"),
        ("Bea schreef op 3 mei", "Bea"),
        ("Bea a dit :", "Bea"),
        ("By: Bea", "Bea"),
        ("Posted by: Bea", "Bea"),
        ("Bea (not verified)", "Bea"),
        ("von: Bea", "Bea"),
        # Names that look like such words.
        ("Edward Said", "Edward Said"),
        ("von Neumann", "von Neumann"),
        ("Da Silva", "Da Silva"),
        ("Dit", "Dit"),
        ("…", ""),
        (None, ""),
        ("a" * (MAX_NAME_CHARS + 1), ""),
    ],
)
def test_names_out_of_what_systems_write_around_them(words: str | None, name: str) -> None:
    assert commenter_name(words) == name
