// The page's own facts, and how it talks to the server.

export const page = document.body.dataset;
export const state = {
  version: page.version,
  panel: window.matchMedia("(max-width: 1150px)").matches && !page.thread ? "" : page.panel,
  thread: page.thread,
  drawn: new Map(),
  reading: false,
};
export const find = (selector, within = document) => within.querySelector(selector);
export const findAll = (selector, within = document) => [...within.querySelectorAll(selector)];
export const part = (name) => find(`[data-part="${name}"]`);

export function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

let drawNews = () => {};

// What to do with the parts of the page that the server has drawn again.
export function onNews(draw) {
  drawNews = draw;
}

export async function post(path, fields = {}) {
  const body = JSON.stringify({ as: page.me, channel: page.channel, ...fields });
  const headers = { "Content-Type": "application/json" };
  try {
    const response = await fetch(page.control + path, { method: "POST", headers, body });
    const answer = await response.json();
    if (!response.ok) toast(answer.message || sentenceFor(answer.error));
    return answer;
  } catch {
    toast("The server does not answer. Is the demo still running?");
    return { ok: false, error: "no_server" };
  } finally {
    refresh();
  }
}

function sentenceFor(error) {
  return {
    already_reacted: "You have reacted with that already.",
    invalid_name: "There is no emoji of that name.",
    is_archived: "This channel is archived.",
    not_in_channel: "Join the channel first.",
    no_text: "There is nothing to send.",
    not_pinnable: "That cannot be pinned.",
    name_taken: "There is a channel of that name, perhaps an archived one.",
    invalid_name_specials: "Use lower-case letters, digits, - and _ only.",
  }[error] || `That did not work: ${error}`;
}

let asking = null;
export function refresh() {
  if (asking) return asking.then(refresh);
  asking = fetchNews().finally(() => { asking = null; });
  return asking;
}

async function fetchNews() {
  const { panel, thread } = state;
  const query = new URLSearchParams({ since: state.version, panel: panel || "none" });
  if (thread) query.set("thread", thread);
  if (page.unreadAfter) query.set("unread_after", page.unreadAfter);
  let response;
  try {
    response = await fetch(`${page.parts}?${query}`);
  } catch {
    return; // The server is away; the next round asks again.
  }
  const news = response.status === 200 && await response.json();
  // Where another panel was opened meanwhile, the next answer brings it, and all the rest too.
  if (news && panel === state.panel && thread === state.thread) drawNews(news);
  if (response.status === 404) window.location.assign(page.control.replace("control/", ""));
}

export function toast(text) {
  const box = document.createElement("div");
  box.className = "toast";
  box.textContent = text;
  find("#toasts").append(box);
  setTimeout(() => box.remove(), 7000);
}
