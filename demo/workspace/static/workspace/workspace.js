// The page of the practice workspace. The server draws everything; this asks for what changed
// and sends what a person does to the control interface.

import { fill } from "./composer.js";
import { draw, localTimes, markRead, rememberDrawn, toEnd } from "./drawing.js";
import { closeForm, formValues, showForm } from "./forms.js";
import { find, findAll, onNews, page, post, refresh, state } from "./server.js";

// Small questions

function answerOf(dialog) {
  return new Promise((resolve) => {
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
    dialog.showModal();
  });
}

async function confirmed(element) {
  const { confirmTitle, confirmText, confirmYes, confirmNo } = element.dataset;
  if (!confirmTitle) return true;
  find("#confirm-title").textContent = confirmTitle;
  find("#confirm-text").textContent = confirmText;
  find("#confirm-yes").textContent = confirmYes;
  find("#confirm-no").textContent = confirmNo;
  return (await answerOf(find("#confirm"))) === "yes";
}

async function ask(title, label, text, yes) {
  find("#ask-title").textContent = title;
  find("#ask-label").textContent = label;
  find("#ask-yes").textContent = yes;
  find("#ask-text").value = text;
  return (await answerOf(find("#ask"))) === "yes" ? find("#ask-text").value : null;
}

// What people do

const actions = {
  "toggle-sidebar": () => document.body.classList.toggle("show-sidebar"),
  panel: (element) => showPanel(state.panel === element.dataset.panel ? "" : element.dataset.panel),
  thread: (element) => showThread(messageOf(element)),
  join: () => post("messages", { text: `/join #${page.channel}` }),
  "new-channel": async () => {
    const name = await ask("New channel", "Lower-case letters, digits, - and _", "", "Create");
    const made = name && await post("channels", { name: name.trim() });
    if (made?.ok) window.location.assign(`../${made.channel}/`);
  },
  "open-dm": async () => {
    const opened = await post("direct-message");
    if (opened.ok) window.location.assign(`../${opened.channel}/`);
  },
  palette: async (element) => {
    const ts = messageOf(element);
    const dialog = find("#palette");
    find("#palette-name").value = "";
    const picked = await answerOf(dialog);
    const emoji = picked === "name" ? find("#palette-name").value : picked;
    if (emoji) post("reactions/add", { ts, emoji });
  },
  react: (element) => {
    const what = element.getAttribute("aria-pressed") === "true" ? "remove" : "add";
    post(`reactions/${what}`, { ts: messageOf(element), emoji: element.dataset.emoji });
  },
  pin: (element) => post("pins/add", { ts: messageOf(element) }),
  unpin: (element) => post("pins/remove", { ts: messageOf(element) }),
  delete: (element) => post("messages/delete", { ts: messageOf(element) }),
  edit: async (element) => {
    const message = element.closest("[data-ts]");
    const text = await ask("Edit message", "", message.dataset.typed, "Save");
    if (text !== null) post("messages/edit", { ts: message.dataset.ts, text });
  },
  shortcut: (element) => post("shortcut", { ts: messageOf(element), callback_id: element.dataset.callbackId }),
  press: (element) => pressed(element),
  choose: (element) => pressed(element, chosenIn(element)),
  "close-form": (element) => closeForm(element.closest("dialog")),
  example: (element) => {
    if (element.dataset.go) {
      sessionStorage.setItem("draft", element.dataset.text);
      window.location.assign(element.dataset.go);
    } else {
      if (window.matchMedia("(max-width: 1150px)").matches) showPanel("");
      fill(find("#composer"), element.dataset.text);
    }
  },
  trouble: (element) => {
    const { kind, seconds } = element.dataset;
    const on = element.getAttribute("aria-checked") === "true";
    post(on ? "trouble/clear" : "trouble", { kind, seconds: Number(seconds) });
  },
  setting: (element) => post("settings", { [element.dataset.setting]: element.getAttribute("aria-checked") !== "true" }),
  "clear-trouble": () => post("trouble/clear"),
  hurry: () => post("deliveries/hurry"),
  "start-over": async (element) => {
    Object.assign(element.dataset, { confirmTitle: "Empty the workspace?", confirmText: "All channels and messages but the first ones go.", confirmYes: "Empty it", confirmNo: "Keep it" });
    if (!(await confirmed(element))) return;
    await post("start-over");
    window.location.assign(page.control.replace("control/", ""));
  },
};

const messageOf = (element) => element.closest("[data-ts]").dataset.ts;
const chosenIn = (element) => {
  const chosen = findAll("input:checked", element).map((box) => box.value);
  if (element.matches("fieldset")) return find("[type=radio]", element) ? chosen[0] : chosen;
  return element.multiple ? [...element.selectedOptions].map((one) => one.value) : element.value;
};

async function pressed(element, value = null) {
  if (element.getAttribute("aria-busy") || !(await confirmed(element))) return;
  element.setAttribute("aria-busy", "true");
  const fields = { action_id: element.dataset.actionId, block_id: element.dataset.blockId, value };
  const dialog = element.closest("dialog.form");
  if (dialog) await post(`views/${dialog.dataset.viewId}/press`, { ...fields, values: formValues(dialog) });
  else await post("press", { ...fields, ts: messageOf(element) });
  element.removeAttribute("aria-busy");
}

function showPanel(panel) {
  state.panel = panel;
  state.thread = "";
  arrangePanel();
}

function showThread(ts) {
  state.thread = ts;
  state.panel = "thread";
  arrangePanel();
  find("#thread-composer").focus();
}

function arrangePanel() {
  document.body.classList.toggle("no-panel", !state.panel);
  find(".thread-composer").hidden = !state.thread;
  if (!window.matchMedia("(max-width: 1150px)").matches) sessionStorage.setItem("panel", state.thread ? "guide" : state.panel);
  state.version = "";
  refresh();
}

document.addEventListener("click", (event) => {
  const element = event.target.closest("[data-do]");
  for (const menu of findAll("details.menu[open]")) if (!menu.contains(event.target) || element) menu.open = false;
  if (!element || element.dataset.do === "choose") return;
  actions[element.dataset.do](element);
});
document.addEventListener("change", (event) => {
  const element = event.target.closest("[data-do=choose]");
  if (element) actions.choose(element);
});
document.addEventListener("toggle", (event) => {
  if (!event.target.matches?.("details.menu") || !event.target.open) return;
  const items = find(".menu-items", event.target);
  const box = event.target.closest(".scroll, .panel-scroll").getBoundingClientRect();
  event.target.classList.toggle("above", event.target.getBoundingClientRect().bottom + items.offsetHeight > box.bottom);
}, true);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || find("dialog[open]")) return;
  const menu = find("details.menu[open]");
  if (menu) { menu.open = false; find("summary", menu).focus(); }
  else document.body.classList.remove("show-sidebar");
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) { refresh(); markRead(); } });

// Beginning

onNews(draw);
for (const list of findAll(".messages, .traffic")) rememberDrawn(list);
localTimes(document);
const kept = sessionStorage.getItem("panel");
if (kept !== null && !page.thread && !window.matchMedia("(max-width: 1150px)").matches) state.panel = kept;
document.body.classList.toggle("no-panel", !state.panel);
if (state.panel !== page.panel) { state.version = ""; refresh(); }
const waitingForm = find("dialog.form");
if (waitingForm) showForm(waitingForm);
if (window.location.hash.length > 1) find(window.location.hash.replace(/[^\w#-]/g, ""))?.scrollIntoView({ block: "center" });
else toEnd();
find(".steps li:not(.done)")?.scrollIntoView({ block: "nearest" });
markRead();
const draft = sessionStorage.getItem("draft");
if (draft) { sessionStorage.removeItem("draft"); fill(find("#composer"), draft); }

(function poll() {
  setTimeout(() => refresh().finally(poll), document.hidden ? 4000 : 900);
})();
