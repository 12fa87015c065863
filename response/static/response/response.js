/* What the pages do beyond HTML and htmx. Nothing here is needed to read or to write: without it
   the same forms are sent, and whole pages answer. */
(function () {
  "use strict";

  const YEAR = 365 * 24 * 60 * 60;

  function keep(name, value) {
    document.cookie = `${name}=${value}; path=/; max-age=${value ? YEAR : 0}; samesite=lax`;
  }

  function kept(name) {
    const found = document.cookie.split("; ").find((one) => one.startsWith(`${name}=`));
    return found ? found.slice(name.length + 1) : "";
  }

  /* Times are shown in the browser's time zone, which the server learns from a cookie. */
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && kept("response_zone") !== zone) {
    keep("response_zone", zone);
    const shown = document.body.dataset.zone;
    if (kept("response_zone") === zone && shown !== zone && document.querySelector("time")) {
      window.location.reload();
    }
  }

  /* Light and dark, at once and without a journey. */
  document.addEventListener("submit", (event) => {
    const form = event.target.closest(".response-theme");
    if (!form || !event.submitter) {
      return;
    }
    event.preventDefault();
    const theme = event.submitter.value;
    keep("response_theme", theme);
    document.documentElement.toggleAttribute("data-theme", false);
    if (theme) {
      document.documentElement.dataset.theme = theme;
    }
    document.querySelector("meta[name=color-scheme]").content = theme || "light dark";
    for (const button of form.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button === event.submitter));
    }
  });

  /* A menu closes by Escape, and by a click elsewhere. */
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest(".response-menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(".response-menu[open]")) {
      if (!menu.contains(event.target)) {
        menu.open = false;
      }
    }
  });

  /* A link to an entry that is not on this page, further down or of a kind that is left out, leads
     to a page that has it. */
  function findEntry() {
    const [, number] = /^#entry-(\d+)$/.exec(window.location.hash) || [];
    const asked = new URLSearchParams(window.location.search).get("entry");
    if (number && number !== asked && document.getElementById("entries") && !document.getElementById(`entry-${number}`)) {
      window.location.replace(`?entry=${number}${window.location.hash}`);
    }
  }
  window.addEventListener("hashchange", findEntry);
  findEntry();

  /* News of the document that is open: asked for while somebody looks. */
  function poll() {
    const live = document.getElementById("live");
    if (live && document.visibilityState === "visible") {
      window.htmx.trigger(live, "response:poll");
    }
  }
  let waited = 0;
  window.setInterval(() => {
    const live = document.getElementById("live");
    waited += 1;
    if (live && waited >= Number(live.dataset.seconds)) {
      waited = 0;
      poll();
    }
  }, 1000);
  document.addEventListener("visibilitychange", poll);

  /* What somebody is writing is not replaced by news; their own answer replaces it. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    const editing = event.detail.requestConfig.elt.closest("[data-editing]");
    if (editing) {
      editing.removeAttribute("data-editing");
    }
  });
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target.querySelector("[data-editing]")) {
      event.detail.shouldSwap = false;
    }
  });

  /* What was written is sent by Ctrl+Enter as well, and asked about before it is left behind. */
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
      event.target.form?.requestSubmit();
    }
  });
  window.addEventListener("beforeunload", (event) => {
    for (const field of document.querySelectorAll("form[hx-post] textarea")) {
      if (field.value !== field.defaultValue) {
        event.preventDefault();
      }
    }
  });

  /* Empty fields stay out of the address. */
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb === "get") {
      const form = event.detail.formData;
      for (const name of new Set(form.keys())) {
        if (form.getAll(name).every((value) => value === "")) {
          form.delete(name);
        }
      }
    }
  });

  /* The focus stays in the part where it was. */
  let worked = "";
  document.addEventListener("htmx:beforeRequest", (event) => {
    const elt = event.detail.elt;
    worked = elt.contains(document.activeElement) ? elt.closest(".response-part, .response-entry-body")?.id || "" : "";
  });
  document.addEventListener("htmx:afterRequest", () => {
    window.setTimeout(() => {
      const part = worked && document.getElementById(worked);
      if (part && !document.activeElement?.closest("main")) {
        (part.querySelector("[autofocus], .response-edit, textarea, a, button") || part).focus();
      }
    }, 50);
  });

  /* What could not be sent is said, and stays where it was written. */
  function say(text) {
    const toasts = document.getElementById("toasts");
    const toast = document.createElement("div");
    toast.className = "response-toast";
    toast.dataset.trouble = "";
    toast.textContent = text;
    toasts.replaceChildren(toast);
  }
  document.addEventListener("htmx:sendError", () => {
    say("This site cannot be reached. What you wrote is still here; this page may be out of date.");
  });
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    const told = {
      401: "You are signed out. Sign in again in another tab; what you wrote is still here.",
      403: "You may not do this, or this page is too old: reload it.",
      404: "This is not there any more. Reload the page.",
      503: "The database is busy. What you wrote is still here: try again.",
    };
    say(told[status] || `That did not work (error ${status}). What you wrote is still here.`);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) {
      document.querySelector("[data-trouble]")?.remove();
    }
  });
  document.addEventListener("click", (event) => {
    event.target.closest("[data-dismiss]")?.closest("[data-toast]").remove();
  });

  /* People, suggested while a name is typed. */
  let asking = 0;
  document.addEventListener("input", (event) => {
    const field = event.target.closest("[data-suggest]");
    if (field) {
      window.clearTimeout(asking);
      asking = window.setTimeout(async () => {
        const address = `${document.body.dataset.people}?q=${encodeURIComponent(field.value)}`;
        const answer = await fetch(address, { headers: { "HX-Request": "true" } });
        if (answer.ok) {
          document.getElementById(field.getAttribute("list")).innerHTML = await answer.text();
        }
      }, 150);
    }
  });

  /* Markdown as it will look. */
  let rendering = 0;
  document.addEventListener("input", (event) => {
    const field = event.target.closest("[data-preview]");
    if (field) {
      window.clearTimeout(rendering);
      rendering = window.setTimeout(() => preview(field), 300);
    }
  });
  async function preview(field) {
    const body = new FormData();
    body.set("text", field.value);
    const token = JSON.parse(document.body.getAttribute("hx-headers"));
    const answer = await fetch(document.body.dataset.preview, {
      method: "POST",
      body,
      headers: { ...token, "HX-Request": "true" },
    });
    if (!answer.ok) {
      return;
    }
    let shown = field.parentElement.querySelector(".response-preview");
    if (!shown) {
      shown = document.createElement("div");
      shown.className = "response-preview response-text";
      shown.setAttribute("role", "region");
      shown.setAttribute("aria-label", "Preview");
      shown.dir = "auto";
      field.after(shown);
    }
    shown.innerHTML = await answer.text();
  }
  function previewWhatIsThere() {
    for (const field of document.querySelectorAll("textarea[data-preview]")) {
      if (field.value && !field.parentElement.querySelector(".response-preview")) {
        preview(field);
      }
    }
  }
  document.addEventListener("htmx:afterSettle", previewWhatIsThere);
  document.addEventListener("htmx:oobAfterSwap", previewWhatIsThere);
  previewWhatIsThere();

  /* How long it has been, without asking. */
  function count(number, unit) {
    return number ? `${number.toLocaleString("en")} ${unit}${number === 1 ? "" : "s"}` : "";
  }
  window.setInterval(() => {
    for (const shown of document.querySelectorAll("[data-running-since]")) {
      const minutes = Math.floor((Date.now() - Date.parse(shown.dataset.runningSince)) / 60000);
      if (minutes > 0) {
        const hours = Math.floor(minutes / 60);
        const words = hours < 48
          ? [count(hours, "hour"), count(minutes % 60, "minute")]
          : [count(Math.floor(hours / 24), "day"), count(hours % 24, "hour")];
        shown.textContent = words.join(" ").trim();
      }
    }
  }, 20000);
})();
