// What the pages do beyond links and forms. Every page works without this file; nothing here knows a rule about money.
(() => {
"use strict";

const root = document.documentElement;
const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
root.classList.add("js");

// ---------- remembered choices (a cookie, so that the server writes the first pixel in the right colours) ----------

// The words that the script itself says stand in the page, in the person's language.
const words = (name) => $("#toasts").dataset[name];
const THEMES = ["", "light", "dark"];

function showTheme(theme) {
  if (theme) root.dataset.bsTheme = theme; else delete root.dataset.bsTheme;
  for (const shown of $$("[data-theme-words]")) shown.textContent = shown.dataset[theme || "system"];
}

function nextTheme() {
  const theme = THEMES[(THEMES.indexOf(root.dataset.bsTheme || "") + 1) % THEMES.length];
  document.cookie = `theme=${theme}; path=/; max-age=${theme ? 31536000 : 0}; samesite=lax`;
  showTheme(theme);
}

// ---------- saying things ----------

function say(words, look = "ok") {
  const toast = document.createElement("div");
  toast.className = "toast-x";
  toast.dataset.toast = "";
  toast.innerHTML = `<div class="note"><div></div></div>`;
  toast.firstChild.classList.add(look);
  toast.firstChild.firstChild.textContent = words;
  $("#toasts").append(toast);
  setTimeout(() => toast.remove(), look === "ok" ? 3000 : 12000);
}

// A message with a result stays until it is closed, or 10 s after focus has left it.
function watchToasts() {
  for (const toast of $$("[data-toast]", $("#toasts"))) {
    toast.addEventListener("focusout", () => setTimeout(() => toast.contains(document.activeElement) || toast.remove(), 10000));
  }
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  say(`${words("copied")} ${button.dataset.copy}`);
}

// ---------- the clock in the top bar ----------

function tick() {
  for (const clock of $$("[data-clock]")) {
    const parts = Object.fromEntries(new Intl.DateTimeFormat(root.lang === "en" ? "en-GB" : root.lang, {
      timeZone: clock.dataset.clock, weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    }).formatToParts(Date.now() + clockAhead).map((part) => [part.type, part.value]));
    clock.textContent = `${parts.weekday.slice(0, clock.dataset.weekdays)} ${parts.day}${clock.dataset.dot} ${parts.month.slice(0, 3)} ${parts.year}, ${parts.hour}:${parts.minute}`;
  }
}
// The server's clock decides; this machine's may be off.
const clockAhead = (() => { const clock = $("[data-clock]"); return clock ? new Date(clock.dateTime) - Date.now() : 0; })();

// ---------- a page in place: the same address, the same HTML, without losing the place ----------

let latestVisit = 0;

async function visit(url, { push = true } = {}) {
  const mine = ++latestVisit;
  const answer = await fetch(url);
  if (answer.redirected || !answer.ok) { location.href = url; return; }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (mine !== latestVisit) return;   // a later keystroke was faster
  const place = document.activeElement?.closest("[id]")?.id;
  for (const id of ["main", "toasts"]) document.getElementById(id).replaceChildren(...page.getElementById(id).childNodes);
  document.title = page.title;
  if (push) history.pushState(null, "", url);
  htmx.process($("#main"));
  watchToasts();
  focusPlace(place);
}

function focusPlace(id) {
  const place = id && document.getElementById(id);
  if (!place || place.contains(document.activeElement)) return;
  (place.matches("a, button, input, summary") ? place : $("summary, a, button", place))?.focus({ preventScroll: true });
}

const searchUrl = (form) => {
  const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => value.trim()));
  return form.getAttribute("action") + (asked.size ? `?${asked}` : "");
};

// The search box stands outside of what is replaced: it keeps the filters that the followed link has.
function keepSearchInStep(url) {
  const form = $("[data-search]");
  if (!$("[data-in-place]", form)) return;
  const asked = new URL(url, location.href).searchParams;
  $$("input[type=hidden]", form).forEach((field) => field.remove());
  for (const [name, value] of asked) {
    if (!["q", "after", "before"].includes(name)) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  form.elements.q.value = asked.get("q") || "";
}

function follow(url, options) { keepSearchInStep(url); return visit(url, options); }

// The links to the next and the previous page stand below the rows; a page is read from its first one.
async function turnTo(link) {
  await follow(link.href);
  if (!["next", "prev"].includes(link.rel)) return;
  scrollTo({ top: 0 });
  if (document.activeElement === document.body) $("#main").focus({ preventScroll: true });   // it was the last page
}

async function searchInPlace(form, { push }) {
  const url = searchUrl(form);
  await visit(url, { push });
  if (!push) history.replaceState(history.state, "", url);
}

// ---------- the side panel ----------

const panel = $("#panel");
let opener = null;         // how to find the row again when its table was replaced meanwhile
let typedIn = false;
let warned = false;

async function openPanel(link) {
  opener = { row: link.closest("[data-row]")?.id, link };
  $("[data-row].open")?.classList.remove("open");
  openersRow()?.classList.add("open");
  await htmx.ajax("GET", link.href, { target: "#panel", swap: "innerHTML" });
  if (!$("[data-panel-form]", panel)) { location.href = link.href; return; }
  typedIn = warned = false;
  if (!panel.open) {
    panel.showModal();
    history.pushState({ panel: true }, "", link.href);
  }
  ($("[autofocus], .is-invalid", panel) || $(".body input:not([type=hidden])", panel))?.focus();
}

// Leaving is asked about once, in the panel's own foot, and only if something would be lost.
function mayLeave() {
  if (!typedIn || warned) return true;
  warned = true;
  // What stands in the foot for itself, such as the authority left, stays where an answer expects it.
  ($("[data-say]", panel) || $("[data-panel-say]", panel)).textContent = words("notSavedYet");
  return false;
}

const rowLink = (row) => $("th a", row);
const openersRow = () => opener?.row ? document.getElementById(opener.row) : null;   // rows of the home page have no name
let leaving = null;   // the answer to our own history.back(), so that it is not taken for the person's

async function closePanel({ back = true } = {}) {
  if (!panel.open) return;
  panel.close();
  panel.replaceChildren();
  if (back && history.state?.panel) {
    await new Promise((done) => { leaving = done; history.back(); });
    leaving = null;
  }
  const row = openersRow();
  row?.classList.remove("open");
  const link = opener?.link.isConnected ? opener.link : null;
  const button = link && $("summary", link.closest("details.menu") || link);   // its menu was closed meanwhile
  (link?.checkVisibility() ? link : row ? rowLink(row) : button)?.focus();
}

async function saved() {
  await closePanel();
  await visit(location.href, { push: false });
  const row = openersRow();
  if (row) rowLink(row)?.focus();
}

// ---------- menus ----------

function closeMenus(except = null) {
  for (const menu of $$("details.menu[open]")) {
    if (menu.contains(except)) continue;
    const hadFocus = menu.contains(document.activeElement);
    menu.open = false;
    if (hadFocus) $("summary", menu).focus();
  }
}

// Where a menu begins hangs on where its button came to stand: near the window's end it opens to the other side.
document.addEventListener("toggle", ({ target: menu }) => {
  if (!menu.matches?.("details.menu")) return;
  menu.classList.remove("other-side");
  if (menu.open && $("ul", menu).getBoundingClientRect().right > root.clientWidth) menu.classList.add("other-side");
}, true);

function moveInMenu(event) {
  const menu = event.target.closest?.("details.menu[open]");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!menu || !step) return;
  const items = $$("li :is(a, button)", menu);
  items[(items.indexOf(document.activeElement) + step + items.length) % items.length]?.focus();
  event.preventDefault();
}

// ---------- wiring: one listener per kind of event, so that replaced content needs none ----------

// Of two fields that say the same, the one typed into last holds.
function clearInstead(typed) {
  for (const id of typed.dataset.clears?.split(" ") || []) {
    const other = document.getElementById(id);
    if (other) other.value = "";
    for (const quick of $$(`[data-for="${id}"]`)) quick.setAttribute("aria-pressed", "false");
  }
}

function setField(button) {
  const field = document.getElementById(button.dataset.for);
  field.value = button.dataset.set;
  clearInstead(button);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  for (const other of $$("[aria-pressed]", button.parentElement)) other.setAttribute("aria-pressed", String(other === button));
}

const plainClick = (event) => event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;

document.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  closeMenus(event.target);
  let hit;
  if ((hit = on("[data-copy]"))) copy(hit);
  else if (on("[data-theme-toggle]")) nextTheme();
  else if ((hit = on("[data-toast-close]"))) hit.closest("[data-toast]").remove();
  else if ((hit = on("[data-set]"))) setField(hit);
  else if ((hit = on("[data-panel-close]")) && panel.open) { event.preventDefault(); if (mayLeave()) closePanel(); }
  else if (plainClick(event) && (hit = on("a[data-panel]"))) { event.preventDefault(); closeMenus(); openPanel(hit); }
  else if (plainClick(event) && (hit = on("a[data-swap]"))) { event.preventDefault(); turnTo(hit); }
});

let typing = 0;

document.addEventListener("input", (event) => {
  if (panel.contains(event.target)) typedIn = true;
  if (event.target.matches("[data-in-place]")) {
    clearTimeout(typing);
    typing = setTimeout(searchInPlace, 250, event.target.form, { push: false });
  }
  if (event.target.value) clearInstead(event.target);
  const quick = event.target.id && $$(`[data-for="${event.target.id}"]`);
  for (const button of quick || []) button.setAttribute("aria-pressed", String(button.dataset.set === event.target.value));
});

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-search]") && $("[data-in-place]", event.target)) {
    event.preventDefault();
    clearTimeout(typing);
    searchInPlace(event.target, { push: true });
  }
});

// Letters are in keyboard.js, which leaves alone what was done here.
document.addEventListener("keydown", (event) => { if (event.key === "Escape") { closeMenus(); if (!panel.open) $$("[data-toast]").forEach((toast) => toast.remove()); } else moveInMenu(event); });
window.addEventListener("popstate", () => {
  if (leaving) leaving();
  else if (panel.open) closePanel({ back: false });
  else follow(location.href, { push: false });
});
panel.addEventListener("cancel", (event) => { event.preventDefault(); if (mayLeave()) closePanel(); });
panel.addEventListener("click", (event) => { if (event.target === panel && mayLeave()) closePanel(); });
document.addEventListener("panel:saved", saved);

// After an answer in the panel the first field that needs a person gets the focus.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target === panel) $("[data-errors], .is-invalid, [role=alert]", panel)?.focus?.();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  // A refusal comes as 409 or 422: still a page to read, not a failure to hide.
  if ([409, 422].includes(xhr.status)) { event.detail.shouldSwap = true; event.detail.isError = false; }
  if (new URL(xhr.responseURL).pathname === "/sign-in/") {
    event.detail.shouldSwap = false;
    say(words("signedOut"), "warn");
  }
});
// Signing in again changed the token that the form was written with.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  if (token && event.detail.verb === "post") event.detail.parameters.csrfmiddlewaretoken = token;
});
document.addEventListener("htmx:responseError", (event) => {
  say(words(event.detail.xhr.status === 403 ? "noRight" : "couldNot"), "danger");
});
document.addEventListener("htmx:sendError", () => say(words("unreachable"), "danger"));

showTheme(root.dataset.bsTheme || "");
watchToasts();
tick();
setInterval(tick, 10000);
})();
