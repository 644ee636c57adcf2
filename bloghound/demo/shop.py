"""The shop that the sponsored blog and the link farm send people to: product pages, and no posts at all."""

import tomllib
from html import escape
from importlib.resources import files
from typing import Any

from bloghound.demo.exchange import PLAIN, Document, html_document


def shop_resources() -> dict[str, Document]:
    """Every path of the shop that answers 200."""
    raw = tomllib.loads((files("bloghound.demo") / "content" / "_shop.toml").read_text("utf-8"))
    products: dict[str, dict[str, Any]] = raw["products"]
    items = "".join(
        f'<li class="product"><a href="/p/{slug}">{escape(product["name"])}</a> <span class="price">€{product["price"]}'
        "</span> <button>Add to cart</button></li>"
        for slug, product in products.items()
    )
    pages = {f"/p/{slug}": _product(raw["name"], product) for slug, product in products.items()}
    home = _page(raw["name"], raw["name"], f"<p>{escape(raw['claim'])}</p><ul>{items}</ul>")
    cart = _page(raw["name"], "Cart", "<p>Your cart is empty.</p>")
    robots = Document(b"User-agent: *\nDisallow: /cart\n", PLAIN)
    return pages | {"/": home, "/cart": cart, "/robots.txt": robots}


def _product(shop: str, product: dict[str, Any]) -> Document:
    main = (
        f'<div itemscope itemtype="https://schema.org/Product"><p itemprop="description">'
        f'{escape(product["description"])}</p><p itemprop="offers" itemscope itemtype="https://schema.org/Offer">'
        f'<span class="price">€<span itemprop="price">{product["price"]}</span></span> '
        "<button>Add to cart</button></p></div>"
    )
    return _page(shop, product["name"], main)


def _page(shop: str, title: str, main: str) -> Document:
    return html_document(
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} | {escape(shop)}</title>'
        f'<meta property="og:type" content="product"></head><body><nav><a href="/">{escape(shop)}</a> '
        f'<a href="/cart">Cart (0)</a></nav><h1>{escape(title)}</h1>{main}<p>Free delivery from €40.</p></body></html>'
    )
