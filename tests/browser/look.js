/* What is wrong with the page that is open: attributes that act, elements that no text may have, and
   elements that stick out of the box of the text that they are in. Returns sentences. */
({ boxes, width }) => {
  const TAGS = new Set([
    "a", "abbr", "b", "bdi", "blockquote", "br", "caption", "circle", "code", "del", "div", "em",
    "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "line", "ol", "p", "pre", "rect", "s",
    "span", "strong", "sub", "sup", "svg", "table", "tbody", "td", "text", "th", "thead", "time",
    "title", "tr", "ul",
  ]);
  const wrong = new Set();

  const host = window.location.host;
  for (const one of document.querySelectorAll("*")) {
    for (const { name } of one.attributes) {
      if (/^(on|hx-on|data-hx-on)/i.test(name)) {
        wrong.add(`${name} of <${one.localName}>`);
      }
    }
    if (one.matches("script") && (!one.src || new URL(one.src).host !== host) && !one.type) {
      wrong.add(`a script: ${one.outerHTML.slice(0, 60)}`);
    }
    if (one.matches("iframe, object, embed, applet, body base, frame, portal, meta[http-equiv=refresh]")) {
      wrong.add(`<${one.localName}> on the page`);
    }
  }

  function isCut(element, box) {
    for (let up = element.parentElement; up; up = up.parentElement) {
      if (getComputedStyle(up).overflowX !== "visible") {
        return true;
      }
      if (up === box) {
        return false;
      }
    }
    return false;
  }

  for (const box of document.querySelectorAll(boxes)) {
    const edge = box.getBoundingClientRect();
    const what = box.className || box.localName;
    for (const one of box.querySelectorAll("*")) {
      const name = one.localName;
      if (!TAGS.has(name)) {
        wrong.add(`<${name}> in ${what}`);
      }
      for (const of of one.attributes) {
        if (/^(style|srcset|hx-|data-|form)/i.test(of.name)) {
          wrong.add(`${of.name} of <${name}> in ${what}`);
        }
        if (of.name === "href" && !/^(https?:|mailto:)/.test(one.href)) {
          wrong.add(`a link to ${of.value} in ${what}`);
        }
        if (of.name === "src" && new URL(one.src).host !== host) {
          wrong.add(`a picture from ${of.value} in ${what}`);
        }
      }
      const place = one.getBoundingClientRect();
      const isOut = place.left < edge.left - 1 || place.right > edge.right + 1;
      if (isOut && place.width && place.height && !isCut(one, box)) {
        wrong.add(`<${name}> sticks out of ${what}: ${one.textContent.slice(0, 40)}`);
      }
    }
  }
  if (width && document.documentElement.scrollWidth > width) {
    wrong.add(`the page is ${document.documentElement.scrollWidth} pixels wide`);
  }
  if (window.wasHacked) {
    wrong.add("a script ran");
  }
  return [...wrong];
}
