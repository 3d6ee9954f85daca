"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const at = (name) => document.getElementById(name);
const canvas = at("map");
const brush = canvas.getContext("2d");
const count = data.x.length;

// Okabe and Ito's colours, told apart by the colour-blind; each group differs from the others in shape or colour.
const COLOURS = {
  light: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#3c3c3c", "#b5a600"],
  dark: ["#4aa3e0", "#ef7b3c", "#2cc79a", "#e39ac4", "#f0b429", "#8fd0f7", "#e4e4e4", "#f0e442"],
};
const OTHERS = "#8a8f99";
const SHAPES = [
  (b, r) => b.arc(0, 0, r, 0, 7),
  (b, r) => b.rect(-r * 0.86, -r * 0.86, r * 1.72, r * 1.72),
  (b, r) => polygon(b, 3, r * 1.25, -Math.PI / 2),
  (b, r) => polygon(b, 4, r * 1.2, 0),
  (b, r) => polygon(b, 3, r * 1.25, Math.PI / 2),
  (b, r) => polygon(b, 5, r * 1.15, -Math.PI / 2),
  (b, r) => star(b, r * 1.35),
  (b, r) => cross(b, r * 1.1),
];
const MOST_GROUPS = COLOURS.light.length * SHAPES.length - 1;

let colouring, groups, groupOf, hiddenGroups, matches = null, chosen = -1, pointed = -1;
let view = { scale: 1, x: 0, y: 0 };

function polygon(b, corners, r, turn) {
  for (let i = 0; i < corners; i++) {
    const angle = turn + (i * 2 * Math.PI) / corners;
    b[i ? "lineTo" : "moveTo"](r * Math.cos(angle), r * Math.sin(angle));
  }
  b.closePath();
}

function star(b, r) {
  for (let i = 0; i < 10; i++) {
    const angle = -Math.PI / 2 + (i * Math.PI) / 5, reach = i % 2 ? r * 0.45 : r;
    b[i ? "lineTo" : "moveTo"](reach * Math.cos(angle), reach * Math.sin(angle));
  }
  b.closePath();
}

function cross(b, r) {
  const thin = r * 0.4;
  b.rect(-r, -thin, 2 * r, 2 * thin);
  b.rect(-thin, -r, 2 * thin, 2 * r);
}

function dark() {
  const asked = document.documentElement.dataset.theme;
  return asked ? asked === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function mark(b, group, r) {
  const palette = COLOURS[dark() ? "dark" : "light"];
  const colour = group === MOST_GROUPS ? OTHERS : palette[group % palette.length];
  const shape = (group + Math.floor(group / palette.length)) % SHAPES.length;
  b.beginPath();
  SHAPES[group === MOST_GROUPS ? 0 : shape](b, r);
  b.fillStyle = colour;
  b.fill();
  b.lineWidth = 0.7;
  b.strokeStyle = dark() ? "#14161b" : "#ffffff";
  b.stroke();
}

// A mark is drawn once for each group, and copied for each point.
function stamps(r) {
  const ratio = devicePixelRatio || 1, side = Math.ceil(r * 3 + 4);
  return groups.map((_, group) => {
    const stamp = document.createElement("canvas");
    stamp.width = stamp.height = side * ratio;
    const b = stamp.getContext("2d");
    b.scale(ratio, ratio);
    b.translate(side / 2, side / 2);
    mark(b, group, r);
    return { stamp, side };
  });
}

function colour(by) {
  colouring = by;
  const counts = new Map();
  const nameOf = (point) => data.documents[data.document[point]][by] ?? "";
  const names = by === "language" ? data.language : data.x.map((_, point) => nameOf(point));
  for (const name of names) counts.set(name, (counts.get(name) || 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  groups = sorted.slice(0, MOST_GROUPS).map(([name, points]) => ({ name, points }));
  const rest = sorted.slice(MOST_GROUPS);
  if (rest.length) groups.push({ name: `${rest.length} others`, points: rest.reduce((sum, one) => sum + one[1], 0) });
  const places = new Map(sorted.map(([name], place) => [name, Math.min(place, MOST_GROUPS)]));
  groupOf = names.map((name) => places.get(name));
  hiddenGroups = new Set();
  showLegend();
  draw();
}

function showLegend() {
  const legend = at("groups");
  legend.replaceChildren(...groups.map((group, place) => {
    const row = document.createElement("button");
    row.className = "group";
    row.ariaPressed = String(!hiddenGroups.has(place));
    row.title = "Click: show or hide. Double click: show this one alone.";
    const swatch = document.createElement("canvas");
    swatch.width = swatch.height = 32;
    const b = swatch.getContext("2d");
    b.scale(2, 2);
    b.translate(8, 8);
    mark(b, place, 5);
    const name = document.createElement("bdi");
    name.textContent = group.name || "none";
    const points = document.createElement("span");
    points.className = "faint";
    points.textContent = group.points.toLocaleString("en");
    row.append(swatch, name, points);
    row.onclick = () => { hiddenGroups.has(place) ? hiddenGroups.delete(place) : hiddenGroups.add(place); toggled(); };
    row.ondblclick = () => { hiddenGroups = new Set(groups.keys()); hiddenGroups.delete(place); toggled(); };
    return row;
  }));
}

function toggled() {
  [...at("groups").children].forEach((row, place) => { row.ariaPressed = String(!hiddenGroups.has(place)); });
  draw();
}

function place(point) {
  const half = Math.min(canvas.clientWidth, canvas.clientHeight) / 2 - 24;
  const wide = Math.min(canvas.clientWidth / canvas.clientHeight, 1.6);
  return [
    canvas.clientWidth / 2 + (data.x[point] * half * Math.max(wide, 1)) * view.scale + view.x,
    canvas.clientHeight / 2 - data.y[point] * half * view.scale + view.y,
  ];
}

const visible = (point) => !hiddenGroups.has(groupOf[point]);

let waiting = false;
function draw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; paint(); });
}

function paint() {
  const ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== width * ratio || canvas.height !== height * ratio) {
    canvas.width = width * ratio;
    canvas.height = height * ratio;
  }
  brush.setTransform(ratio, 0, 0, ratio, 0, 0);
  brush.clearRect(0, 0, width, height);
  const r = Math.min(8, (count > 5000 ? 2.6 : count > 500 ? 3.6 : 5) * Math.sqrt(Math.sqrt(view.scale)));
  const marks = stamps(r);
  for (const bright of matches ? [false, true] : [true]) {
    brush.globalAlpha = bright ? 0.9 : 0.12;
    for (let point = 0; point < count; point++) {
      if (!visible(point) || (matches && matches.has(point) !== bright)) continue;
      const [x, y] = place(point);
      if (x < -9 || y < -9 || x > width + 9 || y > height + 9) continue;
      const { stamp, side } = marks[groupOf[point]];
      brush.drawImage(stamp, x - side / 2, y - side / 2, side, side);
    }
  }
  brush.globalAlpha = 1;
  for (const [point, thick] of [[pointed, 1.5], [chosen, 3]]) {
    if (point < 0 || !visible(point)) continue;
    brush.beginPath();
    brush.arc(...place(point), r + 5, 0, 7);
    brush.lineWidth = thick;
    brush.strokeStyle = dark() ? "#ffffff" : "#000000";
    brush.stroke();
  }
}

function nearest(x, y) {
  let best = -1, reach = 14 * 14;
  for (let point = 0; point < count; point++) {
    if (!visible(point)) continue;
    const [px, py] = place(point), far = (px - x) ** 2 + (py - y) ** 2;
    if (far < reach || (far === reach && matches?.has(point))) { best = point; reach = far; }
  }
  return best;
}

function line(tag, text, className) {
  const element = document.createElement(tag);
  element.textContent = text;
  element.dir = "auto";
  if (className) element.className = className;
  return element;
}

function told(point) {
  const source = data.documents[data.document[point]];
  const place = data.where[point] ? `, ${data.where[point]}` : "";
  return { ...source, file: source.name + place, where: source.path + place, id: data.id[point], language: data.language[point], text: data.text[point] };
}

function showTip(x, y) {
  const tip = at("tip");
  tip.hidden = pointed < 0;
  if (pointed < 0) return;
  const said = told(pointed);
  tip.replaceChildren(line("b", said.title), line("span", said.text), line("span", `${said.language}  ${said.file}`, "faint"));
  tip.style.left = `${Math.max(4, Math.min(x + 14, canvas.clientWidth - tip.offsetWidth - 4))}px`;
  const below = y + 14 + tip.offsetHeight < canvas.clientHeight;
  tip.style.top = `${Math.max(4, below ? y + 14 : y - 14 - tip.offsetHeight)}px`;
}

function choose(point) {
  chosen = point;
  at("nothing").hidden = point >= 0;
  at("about").hidden = at("get").hidden = point < 0;
  if (point >= 0) {
    const said = told(point);
    at("command").textContent = `dragoman get ${said.id}`;
    at("about").replaceChildren(
      line("p", said.title, "title"), line("p", said.text, "text"),
      line("p", `${said.language}, ${said.type}`, "faint"), line("p", said.where, "faint"));
  }
  draw();
}

const plain = (text) => text.normalize("NFKC").toLowerCase();
const searched = data.x.map((_, point) => { const said = told(point); return plain(`${said.title}\n${said.text}\n${said.path}\n#${said.id}`); });

function search() {
  const words = plain(at("search").value).split(/\s+/).filter(Boolean);
  matches = words.length ? new Set(searched.keys()) : null;
  for (const word of words) for (const point of matches) if (!searched[point].includes(word)) matches.delete(point);
  at("found").textContent = matches ? `${matches.size.toLocaleString("en")} of ${count.toLocaleString("en")}` : "";
  draw();
}

function step(direction) {
  const shownMatches = [...(matches ?? [])].filter(visible);
  if (!shownMatches.length) return;
  const now = shownMatches.indexOf(chosen);
  choose(shownMatches[(now + direction + shownMatches.length) % shownMatches.length]);
}

function zoom(factor, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  const scale = Math.max(0.5, Math.min(200, view.scale * factor)), by = scale / view.scale;
  const fromX = x - canvas.clientWidth / 2, fromY = y - canvas.clientHeight / 2;
  view = { scale, x: fromX - (fromX - view.x) * by, y: fromY - (fromY - view.y) * by };
  draw();
}

const fingers = new Map();
let travelled = 0;
const spread = () => { const [a, b] = [...fingers.values()]; return Math.hypot(a[0] - b[0], a[1] - b[1]); };

canvas.onpointerdown = (event) => {
  canvas.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
  if (fingers.size === 1) travelled = 0;
  canvas.classList.add("dragged");
};
canvas.onpointermove = (event) => {
  const before = fingers.get(event.pointerId), now = [event.offsetX, event.offsetY];
  if (!before) {
    pointed = nearest(...now);
    showTip(...now);
    draw();
    return;
  }
  const wide = fingers.size === 2 ? spread() : 0;
  fingers.set(event.pointerId, now);
  travelled += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
  if (wide) zoom(spread() / wide, ...now);
  else view = { ...view, x: view.x + now[0] - before[0], y: view.y + now[1] - before[1] };
  pointed = -1;
  showTip();
  draw();
};
canvas.onpointerup = canvas.onpointercancel = (event) => {
  fingers.delete(event.pointerId);
  canvas.classList.remove("dragged");
  if (event.type === "pointerup" && travelled < 5) choose(nearest(event.offsetX, event.offsetY));
};
canvas.onpointerleave = () => { pointed = -1; showTip(); draw(); };
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY * 0.0015), event.offsetX, event.offsetY);
}, { passive: false });
canvas.onkeydown = (event) => {
  const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
  const zooms = { "+": 1.4, "=": 1.4, "-": 1 / 1.4 };
  if (moves[event.key]) view = { ...view, x: view.x + moves[event.key][0], y: view.y + moves[event.key][1] };
  else if (zooms[event.key]) zoom(zooms[event.key]);
  else if (event.key === "0") view = { scale: 1, x: 0, y: 0 };
  else return;
  event.preventDefault();
  draw();
};

at("in").onclick = () => zoom(1.4);
at("out").onclick = () => zoom(1 / 1.4);
at("whole").onclick = () => { view = { scale: 1, x: 0, y: 0 }; draw(); };
at("by").onchange = (event) => colour(event.target.value);
at("all").onclick = () => { hiddenGroups.clear(); toggled(); };
at("none").onclick = () => { hiddenGroups = new Set(groups.keys()); toggled(); };
at("search").oninput = search;
at("search").onkeydown = (event) => {
  if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
  if (event.key === "Escape") { event.target.value = ""; search(); }
};
at("theme").onclick = () => { document.documentElement.dataset.theme = dark() ? "light" : "dark"; showLegend(); draw(); };
at("copy").onclick = () => {
  getSelection().selectAllChildren(at("command"));
  if (navigator.clipboard) navigator.clipboard.writeText(at("command").textContent).catch(() => {});
};
matchMedia("(prefers-color-scheme: dark)").onchange = () => { showLegend(); draw(); };
new ResizeObserver(draw).observe(canvas);

at("by").value = data.by;
colour(data.by);
choose(-1);
