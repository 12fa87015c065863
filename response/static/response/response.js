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
    if (kept("response_zone") === zone && document.querySelector("time")) {
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
})();
