// Writing: sending, growing, and completing commands, people and channels.

import { toEnd } from "./drawing.js";
import { find, findAll, page, post, state, toast } from "./server.js";

const suggestions = JSON.parse(page.suggestions);

for (const form of findAll("form[data-composer]")) {
  const text = find("textarea", form);
  const box = find(".suggestions", form);
  find("[type=file]", form).addEventListener("change", () => nameFiles(form));
  form.addEventListener("submit", (event) => { event.preventDefault(); send(form); });
  text.addEventListener("input", () => { grow(text); suggest(text, box); });
  text.addEventListener("blur", () => setTimeout(() => hide(text, box), 150));
  text.addEventListener("keydown", (event) => {
    if (!box.hidden && ["ArrowDown", "ArrowUp", "Enter", "Tab", "Escape"].includes(event.key)) {
      if (event.key !== "Enter" || !completes(text, box)) {
        event.preventDefault();
        if (event.key === "Escape") hide(text, box);
        else if (event.key.startsWith("Arrow")) move(text, box, event.key === "ArrowDown" ? 1 : -1);
        else take(text, box, find("[aria-selected=true]", box));
        return;
      }
    }
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  box.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const option = event.target.closest("[role=option]");
    if (option) take(text, box, option);
  });
}

async function send(form) {
  const text = find("textarea", form);
  const typed = text.value;
  const chosen = find("[type=file]", form);
  if (!(typed.trim() || chosen.files.length) || form.getAttribute("aria-busy")) return;
  form.setAttribute("aria-busy", "true");
  hide(text, find(".suggestions", form));
  text.value = "";
  grow(text);
  const thread = form.dataset.composer === "thread-composer" ? { thread_ts: state.thread } : {};
  const files = await Promise.all([...chosen.files].map(contentOf));
  const answer = await post("messages", { text: typed, files, ...thread });
  if (answer.ok) chosen.value = "";
  nameFiles(form);
  form.removeAttribute("aria-busy");
  if (!answer.ok && !answer.command && !text.value) fill(text, typed);
  if (answer.command && answer.channel && answer.channel !== page.channel) window.location.assign(`../${answer.channel}/`);
  page.unreadAfter = "";
  toEnd();
}

const most = 1_500_000; // bytes, of all together

function nameFiles(form) {
  const chosen = find("[type=file]", form);
  if ([...chosen.files].reduce((sum, file) => sum + file.size, 0) > most) {
    toast("That is too much: pictures of 1.5 MB can be sent at once.");
    chosen.value = "";
  }
  find(".attached", form).textContent = [...chosen.files].map((file) => file.name).join(", ");
}

function contentOf(file) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve({ name: file.name, content: reader.result.split(",")[1] || "" }));
    reader.readAsDataURL(file);
  });
}

export function fill(text, value) {
  text.value = value;
  text.focus();
  text.setSelectionRange(value.length, value.length);
  grow(text);
}

function grow(text) {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight}px`;
}

function wordBefore(text) {
  const before = text.value.slice(0, text.selectionStart);
  return before.match(/^\/[\w-]*$/)?.[0] || before.match(/(?<![\w/])[@#][\w-]*$/)?.[0] || "";
}

function suggest(text, box) {
  const word = wordBefore(text).toLowerCase();
  const fits = word ? suggestions[word[0]].filter(([name, about]) =>
    name.startsWith(word) || about.toLowerCase().includes(` ${word.slice(1)}`)).slice(0, 8) : [];
  box.replaceChildren(...fits.map(([name, about], index) => {
    const option = document.createElement("div");
    const more = document.createElement("span");
    option.role = "option";
    option.id = `${box.id}-${index}`;
    option.ariaSelected = String(index === 0);
    option.dataset.name = name;
    more.textContent = about;
    option.append(name, more);
    return option;
  }));
  box.hidden = !fits.length;
  text.setAttribute("aria-expanded", String(!box.hidden));
  if (fits.length) text.setAttribute("aria-activedescendant", `${box.id}-0`);
}

function hide(text, box) {
  box.hidden = true;
  text.setAttribute("aria-expanded", "false");
  text.removeAttribute("aria-activedescendant");
}

const completes = (text, box) => find("[aria-selected=true]", box)?.dataset.name === wordBefore(text).toLowerCase();

function move(text, box, step) {
  const options = findAll("[role=option]", box);
  const now = options.findIndex((one) => one.ariaSelected === "true");
  const next = options[(now + step + options.length) % options.length];
  options[now].ariaSelected = "false";
  next.ariaSelected = "true";
  text.setAttribute("aria-activedescendant", next.id);
}

function take(text, box, option) {
  const end = text.selectionStart;
  const start = end - wordBefore(text).length;
  text.setRangeText(`${option.dataset.name} `, start, end, "end");
  hide(text, box);
}
