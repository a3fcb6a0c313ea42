"use strict";
const tip = document.getElementById("tip");
const all = (selector, from = document) => [...from.querySelectorAll(selector)];

function show(point) {
  tip.textContent = point.getAttribute("aria-label");
  tip.hidden = false;
  const at = point.getBoundingClientRect(), box = tip.getBoundingClientRect();
  const widest = document.documentElement.clientWidth - box.width - 8;
  const left = Math.max(8, Math.min(widest, at.left + at.width / 2 - box.width / 2));
  const above = at.top - box.height - 8;
  tip.style.left = `${left + window.scrollX}px`;
  tip.style.top = `${(above > 0 ? above : at.bottom + 8) + window.scrollY}px`;
}

function hide() {
  tip.hidden = true;
  all(".near").forEach((point) => point.classList.remove("near"));
}

function visible(chart) { return all(".point", chart).filter((point) => !point.classList.contains("off")); }

// Marks lie over one another: the nearest one is meant, not the uppermost.
function nearest(chart, event) {
  const distance = (point) => {
    const at = point.getBoundingClientRect();
    return Math.hypot(at.left + at.width / 2 - event.clientX, at.top + at.height / 2 - event.clientY);
  };
  const ranked = visible(chart).map((point) => [distance(point), point]).sort((a, b) => a[0] - b[0]);
  return ranked.length && ranked[0][0] < 16 ? ranked[0][1] : null;
}

// One stop for the Tab key in each chart; arrows walk from there.
function enter(chart) {
  const points = visible(chart);
  all(".point", chart).forEach((point) => point.setAttribute("tabindex", "-1"));
  if (points.length) points[0].setAttribute("tabindex", "0");
}

function walk(point, key) {
  const points = visible(point.ownerSVGElement);
  const mine = points.filter((other) => other.dataset.curve === point.dataset.curve);
  const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (step) return mine[mine.indexOf(point) + step];
  const curves = [...new Set(points.map((other) => other.dataset.curve))];
  const curve = curves[curves.indexOf(point.dataset.curve) + { ArrowUp: -1, ArrowDown: 1 }[key]];
  const near = (other) => Math.abs(other.cx.baseVal.value - point.cx.baseVal.value);
  return points.filter((other) => other.dataset.curve === curve).sort((a, b) => near(a) - near(b))[0];
}

all("svg.chart").forEach((chart) => {
  enter(chart);
  chart.addEventListener("pointermove", (event) => {
    const point = nearest(chart, event);
    hide();
    if (point) {
      point.classList.add("near");
      show(point);
    }
  });
  chart.addEventListener("pointerleave", hide);
  chart.addEventListener("focusin", (event) => event.target.matches(".point") && show(event.target));
  chart.addEventListener("focusout", hide);
  chart.addEventListener("keydown", (event) => {
    if (!event.target.matches(".point") || !event.key.startsWith("Arrow")) return;
    event.preventDefault();
    const next = walk(event.target, event.key);
    if (!next) return;
    event.target.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  });
});

document.addEventListener("keydown", (event) => event.key === "Escape" && hide());

all("button[data-curve]").forEach((button) => button.addEventListener("click", () => {
  const shown = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(shown));
  all(`.${CSS.escape(button.dataset.curve)}`).forEach((part) => part.classList.toggle("off", !shown));
  all("svg.chart").forEach(enter);
}));

const theme = document.getElementById("theme");
theme.addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});
theme.hidden = false;
