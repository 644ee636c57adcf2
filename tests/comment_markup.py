"""The comments of one post in the markup of the common systems: Bea's with a quotation, and the author Ann's answer.

Each is what the system's default theme writes around them; what stands in them is ours.
"""

WORDPRESS_CLASSIC = """<div id="comments"><h2 class="comments-title">2 thoughts on “Oolong”</h2><ol
class="comment-list"> <li id="comment-11" class="comment even thread-even depth-1 parent"><article id="div-comment-11"
class="comment-body"> <footer class="comment-meta"><div class="comment-author vcard"><img class="avatar photo"><b
class="fn"> <a href="https://bea.example/" rel="external nofollow ugc" class="url">Bea</a></b> <span
class="says">says:</span></div> <div class="comment-metadata"><a href="/posts/oolong/#comment-11"><time
datetime="2026-05-04T09:00:00+00:00">May 4, 2026 at 9:00 am</time></a></div></footer><div
class="comment-content"><blockquote><p>stands between</p></blockquote> <p>Lovely tea indeed.</p></div><div
class="reply"><a class="comment-reply-link">Reply</a></div></article> <ol class="children"><li id="comment-12"
class="comment byuser comment-author-ann bypostauthor odd alt depth-2"> <article id="div-comment-12"
class="comment-body"><footer class="comment-meta"><div class="comment-author vcard"> <b class="fn">Ann</b> <span
class="says">says:</span></div><div class="comment-metadata"><a href="/posts/oolong/#comment-12"> <time
datetime="2026-05-04T10:00:00+00:00">May 4</time></a></div></footer><div class="comment-content"><p>Thank you!</p>
</div></article></li></ol></li><li id="comment-13" class="pingback"><div class="comment-body">Pingback:
<a>Cups</a></div> </li></ol></div>"""

WORDPRESS_BLOCKS = """<div class="wp-block-comments"><h2 class="wp-block-comments-title">2 responses to “Oolong”</h2>
<ol class="wp-block-comment-template"><li id="comment-11" class="comment even depth-1"><div class="wp-block-columns">
<div class="wp-block-comment-author-name"><a rel="external nofollow ugc" href="https://bea.example/">Bea</a></div>
<div class="wp-block-comment-date"><time datetime="2026-05-04T11:00:00+02:00"><a href="#comment-11">4
May</a></time></div> <div class="wp-block-comment-content"><blockquote>stands between</blockquote><p>Lovely tea
indeed.</p></div> <div class="wp-block-comment-reply-link"><a class="comment-reply-link">Reply</a></div></div> <ol><li
id="comment-12" class="comment byuser bypostauthor odd depth-2"><div class="wp-block-comment-author-name">Ann</div>
<div class="wp-block-comment-date"><time datetime="2026-05-04T10:00:00Z">4 May</time></div> <div
class="wp-block-comment-content"><p>Thank you!</p></div></li></ol></li></ol></div>"""

WORDPRESS_ARTICLE_IN_ITEM = """<ol class="commentlist"><li class="comment depth-1" id="li-comment-11"> <article
id="comment-11" class="comment"><footer class="comment-meta"><div class="comment-author vcard"> <span
class="fn">Bea</span> on <a href="#comment-11"><time datetime="2026-05-04T09:00:00+00:00">May 4</time></a> said:</div>
</footer><div class="comment-content"><p>Lovely tea indeed.</p></div></article> <ul class="children"><li
class="comment bypostauthor depth-2" id="li-comment-12"><article id="comment-12" class="comment"> <footer
class="comment-meta"><div class="comment-author vcard"><span class="fn">Ann</span> <time
datetime="2026-05-04T10:00:00+00:00">May 4</time></div></footer><div class="comment-content"><p>Thank you!</p></div>
</article></li></ul></li></ol>"""

WORDPRESS_KUBRICK = """<h3 id="comments">2 Responses</h3><ol class="commentlist"><li class="alt" id="comment-11">
<cite>Bea</cite> Says:<br><small class="commentmetadata"><a href="#comment-11">May 4th, 2026 at 9:00 am</a></small>
<p>Lovely tea indeed.</p></li><li class="" id="comment-12"><cite><a href="https://tea.nl/">Ann</a></cite> Says:<br>
<small class="commentmetadata"><a href="#comment-12">May 4th, 2026 at 10:00 am</a></small><p>Thank you!</p></li></ol>"""

BLOGGER = """<section class="comments threaded" id="comments"><h3 class="title">2 comments:</h3> <ol id="top-ra"><li
class="comment" id="c11"><div class="avatar-image-container"></div><div class="comment-block"> <div
class="comment-header"><cite class="user"><a href="https://www.blogger.com/profile/1" rel="nofollow">Bea</a></cite>
<span class="icon user "></span><span class="datetime secondary-text"> <a rel="nofollow"
href="https://tea.nl/posts/oolong/?showComment=1777885200000#c11">4 May 2026 at 11:00</a></span></div> <p
class="comment-content">Lovely tea indeed.</p><span class="comment-actions"><a>Reply</a></span></div> <div
class="comment-replies"><ol id="c11-ra"><li class="comment" id="c12"><div class="comment-block"> <div
class="comment-header"><cite class="user blog-author"><a href="https://www.blogger.com/profile/2">Ann</a></cite> <span
class="icon user blog-author"></span><span class="datetime secondary-text"> <a
href="https://tea.nl/posts/oolong/?showComment=1777888800000#c12">4 May 2026 at 12:00</a></span></div> <p
class="comment-content">Thank you!</p></div></li></ol></div></li></ol></section>"""

BLOGGER_OLD = """<div class="widget Blog" id="Blog1"><div class="comments"
id="comments"><h4>2 comments:</h4><dl id="comments-block"> <dt
class="comment-author" id="c11"><a href="https://www.blogger.com/profile/1">Bea</a> said...</dt> <dd
class="comment-body" id="Blog1_cmt-11"><p>Lovely tea indeed.</p></dd><dd class="comment-footer"> <span
class="comment-timestamp"><a href="https://tea.nl/p.html?showComment=1777885200000#c11">May 4</a></span></dd> <dt
class="comment-author blog-author" id="c12">Ann said...</dt><dd class="comment-body"><p>Thank you!</p></dd> <dd
class="comment-footer"><span class="comment-timestamp"><a href="/p.html?showComment=1777888800000#c12">May
4</a></span> </dd></dl></div></div>"""

MOVABLE_TYPE = """<div id="comments" class="comments"><h2>2 Comments</h2><div class="comment" id="comment-11"> <div
class="inner"><div class="comment-header"><div class="asset-meta"><span class="byline"><span class="vcard author"> <a
class="fn url" href="https://bea.example/">Bea</a></span> | <a href="#comment-11"><abbr class="published"
title="2026-05-04T11:00:00+02:00">May 4</abbr></a></span></div></div><div class="comment-content"> <p>Lovely tea
indeed.</p></div></div></div><div class="comment comment-by-author" id="comment-12"><div class="inner"> <span
class="vcard author"><span class="fn">Ann</span></span><abbr class="published" title="2026-05-04T10:00:00Z">May
4</abbr> <div class="comment-content"><p>Thank you!</p></div></div></div></div>"""

TYPEPAD = """<div id="comments"><div class="comment" id="comment-11"><div class="comment-content"><p>Lovely tea
indeed.</p> </div><p class="comment-footer">Posted by: <a href="https://bea.example/">Bea</a> | <a
href="#comment-11">04 May 2026 at 09:00 AM</a></p></div><div class="comment comment-by-author" id="comment-12"><div
class="comment-content"><p>Thank you!</p> </div><p class="comment-footer">Posted by: Ann | <a href="#comment-12">04
May 2026 at 10:00 AM</a></p></div></div>"""

DRUPAL = """<section id="comments"><article class="comment js-comment" id="comment-11"><footer class="comment__meta">
<p class="comment__author"><span class="username">Bea (not verified)</span></p><p class="comment__time"> <time
datetime="2026-05-04T09:00:00Z">Mon, 05/04/2026 - 09:00</time></p></footer><div class="comment__content"> <p>Lovely
tea indeed.</p></div></article><div class="indented"><article class="comment js-comment by-node-author"
id="comment-12"><p class="comment__author"><span class="username">Ann</span></p><p class="comment__time"> <time
datetime="2026-05-04T10:00:00Z">Mon</time></p><div class="comment__content"><p>Thank you!</p></div></article></div>
</section>"""

SERENDIPITY = """<div id="comments"><div class="serendipity_comment" id="serendipity_comment_11"><a id="c11"></a> <div
class="serendipity_commentBody">Lovely tea indeed.</div><div class="serendipity_comment_source"> <a
class="comment_source_trace" href="#c11">#1</a> <span class="comment_source_author"><a
href="https://bea.example/">Bea</a> </span> on <span class="comment_source_date">2026-05-04 09:00</span></div></div>
<div class="serendipity_comment serendipity_comment_author_self" id="serendipity_comment_12"> <div
class="serendipity_commentBody">Thank you!</div><span class="comment_source_author">Ann</span> <span
class="comment_source_date">2026-05-04 10:00</span></div></div>"""

MICRODATA = """<ol class="comments-list"><li><article class="comment" id="c11" itemprop="comment" itemscope
itemtype="https://schema.org/Comment"><h4><span itemprop="creator" itemscope itemtype="https://schema.org/Person">
<span itemprop="name">Bea</span></span> · <time itemprop="dateCreated" datetime="2026-05-04T09:00:00Z">4
May</time></h4> <div itemprop="text"><p>Lovely tea indeed.</p></div></article></li><li><article class="comment"
id="c12" itemprop="comment" itemscope itemtype="https://schema.org/Comment"><a href="https://tea.nl/"><span
itemprop="creator">Ann</span></a> <time itemprop="dateCreated" datetime="2026-05-04T10:00:00Z">4 May</time><div
itemprop="text">Thank you!</div></article> </li></ol>"""

STATICMAN = """<section class="comments"><article class="static-comment" id="comment-11"><header><strong>Bea</strong>
<time datetime="2026-05-04T09:00:00Z">4 May</time></header><p>Lovely tea indeed.</p></article> <article
class="static-comment" id="comment-12"><header><strong><a href="https://tea.nl/">Ann</a></strong> <time
datetime="2026-05-04T10:00:00Z">4 May</time></header><p>Thank you!</p></article></section>"""

ISSO = """<section id="isso-root-of-comments"><div class="isso-comment" id="isso-11"><span
class="isso-author">Bea</span> <time class="isso-date" datetime="2026-05-04T09:00:00Z">4 May</time><div
class="isso-text"><p>Lovely tea indeed.</p></div> <div class="isso-follow-up"><div class="isso-comment"
id="isso-12"><span class="isso-author"><a href="https://tea.nl/">Ann</a> </span><time
datetime="2026-05-04T10:00:00Z">4 May</time><div class="isso-text"><p>Thank you!</p></div></div></div></div>
</section>"""

ALL = {
    "wordpress classic": WORDPRESS_CLASSIC,
    "wordpress blocks": WORDPRESS_BLOCKS,
    "wordpress article in item": WORDPRESS_ARTICLE_IN_ITEM,
    "wordpress kubrick": WORDPRESS_KUBRICK,
    "blogger": BLOGGER,
    "blogger old": BLOGGER_OLD,
    "movable type": MOVABLE_TYPE,
    "typepad": TYPEPAD,
    "drupal": DRUPAL,
    "serendipity": SERENDIPITY,
    "microdata": MICRODATA,
    "staticman": STATICMAN,
    "isso": ISSO,
}
