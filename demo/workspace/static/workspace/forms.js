// The forms that the app opens.

import { find, findAll, parse, part, post } from "./server.js";

export function drawForm(html) {
  const fresh = find("dialog", parse(html));
  const open = find("dialog.form");
  if (!fresh) {
    takeAway(open);
    return;
  }
  if (open && open.dataset.viewId === fresh.dataset.viewId && open.dataset.hash === fresh.dataset.hash) return;
  const entered = open && open.dataset.viewId === fresh.dataset.viewId ? formValues(open) : {};
  takeAway(open);
  part("forms").replaceChildren(fresh);
  showForm(fresh, entered);
}

// Closed first, as that gives the focus back to where it was.
function takeAway(dialog) {
  dialog?.close();
  dialog?.remove();
}

export function showForm(dialog, entered = {}) {
  for (const [blockId, value] of Object.entries(entered)) setValue(dialog, blockId, value);
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); closeForm(dialog); });
  find("form", dialog).addEventListener("submit", (event) => { event.preventDefault(); submitForm(dialog); });
  dialog.showModal();
  (find("[autofocus]", dialog) || find(".form-body input, .form-body textarea, .form-body select", dialog))?.focus();
}

export function formValues(dialog) {
  const values = {};
  for (const block of findAll(".block.input", dialog)) {
    const chosen = findAll("input:checked", block).map((box) => box.value);
    const kind = block.dataset.type;
    const control = find("input, textarea, select", block);
    if (kind === "radio_buttons") values[block.dataset.blockId] = chosen[0] || null;
    else if (kind === "checkboxes") values[block.dataset.blockId] = chosen;
    else if (control.multiple) values[block.dataset.blockId] = [...control.selectedOptions].map((one) => one.value);
    else values[block.dataset.blockId] = control.value;
  }
  return values;
}

function setValue(dialog, blockId, value) {
  const block = find(`.block.input[data-block-id="${CSS.escape(blockId)}"]`, dialog);
  const control = block && find("input, textarea, select", block);
  if (!control) return;
  if (control.type === "radio" || control.type === "checkbox") {
    for (const box of findAll("input", block)) box.checked = [value].flat().includes(box.value);
  } else if (!control.multiple) {
    control.value = value ?? "";
  }
}

async function submitForm(dialog) {
  const button = find("[type=submit]", dialog);
  if (!button || button.getAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  const answer = await post(`views/${dialog.dataset.viewId}/submit`, { values: formValues(dialog) });
  button.removeAttribute("aria-busy");
  showErrors(dialog, answer.errors || {}, answer.ok ? "" : answer.notice);
}

function showErrors(dialog, errors, notice) {
  const box = find(".form-notice", dialog);
  box.textContent = notice || "";
  box.hidden = !notice;
  let first = null;
  for (const block of findAll(".block.input", dialog)) {
    const error = errors[block.dataset.blockId] || "";
    const line = find(".error", block);
    line.textContent = error;
    line.hidden = !error;
    block.classList.toggle("wrong", Boolean(error));
    for (const control of findAll("input, textarea, select", block)) control.setAttribute("aria-invalid", String(Boolean(error)));
    if (error && !first) first = find("input, textarea, select", block);
  }
  first?.focus();
}

export function closeForm(dialog) {
  dialog.close();
  post(`views/${dialog.dataset.viewId}/close`);
}
