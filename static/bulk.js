// Ticks on the list: how many, all of the page, a range with Shift. The bar itself appears by style, and works without this.
(() => {
"use strict";

const ticks = () => [...document.querySelectorAll("[data-tick]")];
let last = null;

function tell() {
  const words = document.querySelector("[data-picked]");
  if (!words) return;
  const all = ticks(), picked = all.filter((tick) => tick.checked).length;
  words.textContent = picked === 1 ? words.dataset.one : words.dataset.many.replace("{}", picked);
  const every = document.querySelector("[data-pick-all]");
  every.checked = picked === all.length;
  every.indeterminate = picked > 0 && picked < all.length;
}

document.addEventListener("click", (event) => {
  const tick = event.target.closest?.("[data-tick]");
  if (!tick) return;
  const all = ticks(), here = all.indexOf(tick), there = all.indexOf(last);
  if (event.shiftKey && there >= 0) {
    for (const one of all.slice(Math.min(here, there), Math.max(here, there) + 1)) one.checked = tick.checked;
  }
  last = tick;
  tell();
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-pick-all]")) return;
  for (const tick of ticks()) tick.checked = event.target.checked;
  tell();
});

// Read once the form has put its ticks back.
document.addEventListener("reset", (event) => { if (event.target.id === "bulk") setTimeout(tell); });
// A browser that comes back to the page may keep the ticks.
window.addEventListener("pageshow", tell);
})();
