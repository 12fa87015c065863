// Puts what changed in its place, without disturbing what a person is doing.

import { drawForm } from "./forms.js";
import { find, findAll, page, parse, part, state } from "./server.js";

export function draw(news) {
  const following = isAtEnd(find("#scroll"));
  state.version = news.version;
  document.title = news.title;
  for (const name of ["sidebar", "header", "panel"]) drawWhole(name, news.parts[name]);
  drawList(part("messages"), news.parts.messages);
  drawForm(news.parts.forms);
  if (following) toEnd();
  markRead();
}

function drawWhole(name, html) {
  if (state.drawn.get(name) === html) return;
  state.drawn.set(name, html);
  const box = part(name);
  const fresh = parse(html);
  const newScroll = find(".panel-scroll", fresh);
  const oldScroll = find(".panel-scroll", box);
  // A list is patched, so that what is open or has the focus in it stays.
  if (oldScroll && newScroll && find(".messages, .traffic", oldScroll) && find(".messages, .traffic", newScroll)
      && find("h2", box).textContent === find("h2", fresh).textContent) {
    const following = isAtEnd(oldScroll) && state.thread;
    patch(find(".messages, .traffic", oldScroll), find(".messages, .traffic", newScroll));
    const switches = find(".switches", oldScroll);
    if (switches) replaceKeepingFocus(switches.parentElement, find(".switches", newScroll).parentElement);
    if (following) oldScroll.scrollTop = oldScroll.scrollHeight;
    return;
  }
  const top = oldScroll ? oldScroll.scrollTop : 0;
  const focused = focusKey(box);
  box.replaceChildren(...fresh.childNodes);
  if (find(".panel-scroll", box)) find(".panel-scroll", box).scrollTop = top;
  giveFocus(box, focused);
  localTimes(box);
}

function replaceKeepingFocus(old, fresh) {
  if (old.innerHTML === fresh.innerHTML) return;
  const focused = focusKey(old);
  old.replaceChildren(...fresh.childNodes);
  giveFocus(old, focused);
}

function focusKey(box) {
  const element = document.activeElement;
  if (!box.contains(element)) return null;
  return findAll("a, button, summary", box).indexOf(element);
}

function giveFocus(box, key) {
  if (key !== null && key >= 0) findAll("a, button, summary", box)[key]?.focus();
}

function drawList(list, html) {
  patch(list, parse(html));
}

// Put the new items in order, keeping the nodes of those that are the same.
function patch(list, fresh) {
  const old = new Map([...list.children].map((node) => [node.id, node]));
  let place = list.firstElementChild;
  for (const item of [...fresh.children]) {
    const html = item.outerHTML;
    const same = item.id && old.get(item.id);
    if (same && same.drawnFrom === html) {
      if (same === place) place = place.nextElementSibling;
      else list.insertBefore(same, place);
    } else {
      const focused = same ? focusKey(same) : null;
      item.drawnFrom = html;
      list.insertBefore(item, place);
      localTimes(item);
      if (same) {
        if (same === place) place = place.nextElementSibling;
        same.remove();
        giveFocus(item, focused);
      }
    }
    old.delete(item.id);
  }
  for (const gone of old.values()) gone.remove();
  while (place) {
    const next = place.nextElementSibling;
    if (!place.id) place.remove();
    place = next;
  }
}

export function rememberDrawn(list) {
  for (const item of list?.children || []) item.drawnFrom = item.outerHTML;
}

export function localTimes(within) {
  for (const time of findAll("time[datetime]", within)) {
    const at = new Date(time.dateTime);
    time.textContent = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    time.title = at.toLocaleString();
  }
}

const isAtEnd = (box) => box && box.scrollHeight - box.scrollTop - box.clientHeight < 60;
export function toEnd() {
  const box = find("#scroll");
  box.scrollTop = box.scrollHeight;
}

export function markRead() {
  const last = findAll(".message", part("messages")).at(-1)?.dataset.ts;
  if (document.hidden || !last || state.reading === last) return;
  state.reading = last;
  const body = JSON.stringify({ as: page.me, channel: page.channel });
  fetch(`${page.control}read`, { method: "POST", headers: { "Content-Type": "application/json" }, body }).catch(() => {});
}
