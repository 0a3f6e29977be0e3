// The keyboard (design.md section 5): letters act outside of fields, on the row that has the focus or on the page.
// It only presses what the page shows, so a key can do nothing that a click could not.
(() => {
"use strict";

const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const SEQUENCE_MS = 1500;   // between g and the letter of the place

// ---------- rows ----------

const rows = () => $$("[data-row]").filter((row) => row.checkVisibility());
const currentRow = () => document.activeElement?.closest("[data-row]");
// Where a search leaves one row there is nothing to choose.
const meantRow = () => currentRow() ?? (rows().length === 1 ? rows()[0] : null);
const placeIn = (row) => $("th a", row) || $("a, button, summary", row);

function move(step) {
  const all = rows();
  const at = all.indexOf(currentRow());
  const next = all[at < 0 ? 0 : Math.min(Math.max(at + step, 0), all.length - 1)];
  if (!next) return false;
  placeIn(next)?.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

const inRow = (selector) => { const row = meantRow(); return (row && $(selector, row)) || $(`[data-page-actions] ${selector}`); };
const press = (element) => { element?.click(); return Boolean(element); };

// A range needs the click with its Shift: the script of the ticks knows where the range began.
function tick(event) {
  const row = meantRow();
  const box = row && $(".c-pick input[type=checkbox]", row);
  return Boolean(box?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey: event.shiftKey })));
}

function openMenu() {
  const menu = inRow("summary");
  if (!menu) return false;
  menu.click();
  menu.focus();
  return true;
}

function focus(element) {
  element?.focus();
  return Boolean(element);
}

// The number that somebody wants to change is where they click first; without a mouse there is the row's menu.
document.addEventListener("click", (event) => {
  const cell = event.target.closest("[data-row] .c-lim");
  if (cell && !String(getSelection())) $("[data-key=l]", cell.closest("[data-row]"))?.click();
});

// ---------- what each key does; false leaves the key to the browser ----------

let goingSince = 0;

const KEYS = {
  "/": () => { const box = $("#q"); box?.select(); return focus(box); },
  "?": () => { $("#keys").showModal(); return true; },
  j: () => move(1),
  k: () => move(-1),
  ArrowDown: () => Boolean(currentRow()) && move(1),
  ArrowUp: () => Boolean(currentRow()) && move(-1),
  o: () => press(inRow("th a")),
  l: () => press(inRow("[data-key=l]")),
  p: () => press(inRow("[data-key=p]")),
  x: tick,
  X: tick,
  m: openMenu,
  c: () => press(inRow("[data-copy-wallet]")),
  "[": () => press($("#main [rel=prev]")),
  "]": () => press($("#main [rel=next]")),
  f: () => focus($(".chips summary, .chips a")),
  g: () => { goingSince = Date.now(); return true; },
};

// The address and not the click: in a narrow window the menu that holds the link is folded away.
function goTo(letter) {
  const place = Date.now() - goingSince < SEQUENCE_MS && $(`.nav [data-go="${CSS.escape(letter)}"]`);
  goingSince = 0;
  if (place) location.href = place.href;
  return Boolean(place);
}

const isField = (element) => element?.matches("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
const lettersAreOn = () => !("noLetters" in document.documentElement.dataset);

function save(event) {
  const form = event.target.closest?.("form") || $("[data-panel-form]");
  const button = form && $("[data-primary]", form);
  if (!button) return;
  event.preventDefault();
  form.requestSubmit(button);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") { save(event); return; }
  if (event.key === "ArrowDown" && event.target.matches("[data-search] input[type=search]") && move(0)) { event.preventDefault(); return; }
  if (event.ctrlKey || event.metaKey || event.altKey || isField(event.target) || $("dialog[open]")) return;
  if (event.key.length === 1 && !lettersAreOn()) return;
  if (goTo(event.key) || KEYS[event.key]?.(event)) event.preventDefault();
});

// ---------- the map, and its switch, which the person keeps on every machine ----------

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-keys]");
  if (!button) return;
  button.closest("details")?.removeAttribute("open");
  $("#keys").showModal();
});

document.addEventListener("input", async (event) => {
  const form = event.target.closest("[data-letters]");
  if (!form) return;
  document.documentElement.toggleAttribute("data-no-letters", !event.target.checked);
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form) }).catch(() => null);
  $("[data-letters-say]", form).hidden = Boolean(answer?.ok && !answer.redirected);
});
})();
