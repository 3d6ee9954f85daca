"use strict";
const at = (name) => document.getElementById(name);
const body = at("files").tBodies[0];
const rows = [...body.rows];
const texts = new Map(rows.map((row) => [row, plain(row.innerText)]));
const headings = [...at("files").tHead.rows[0].cells];
const states = [...at("states").children];

function plain(text) {
  return text.normalize("NFKC").toLowerCase();
}

function filter() {
  const words = plain(at("filter").value).split(/\s+/).filter(Boolean);
  const wanted = states.filter((button) => button.ariaPressed === "true").map((button) => button.dataset.state);
  let count = 0;
  for (const row of rows) {
    const has = row.dataset.states.split(" ");
    row.hidden = !(words.every((word) => texts.get(row).includes(word)) && (!wanted.length || wanted.some((one) => has.includes(one))));
    count += !row.hidden;
  }
  at("count").textContent = `${count.toLocaleString("en")} of ${rows.length.toLocaleString("en")} files`;
}

function sort(column) {
  const heading = headings[column], downwards = heading.ariaSort === "ascending";
  for (const one of headings) one.removeAttribute("aria-sort");
  heading.ariaSort = downwards ? "descending" : "ascending";
  const keys = new Map(rows.map((row) => [row, key(row.cells[column])]));
  const order = new Intl.Collator(undefined, { numeric: true });
  rows.sort((a, b) => {
    const [left, right] = downwards ? [keys.get(b), keys.get(a)] : [keys.get(a), keys.get(b)];
    return typeof left === "number" ? left - right : order.compare(left, right);
  });
  body.append(...rows);
}

function key(cell) {
  const numeric = headings[cell.cellIndex].dataset.numeric !== undefined;
  return numeric ? Number(cell.dataset.value ?? -1) : cell.innerText;
}

headings.forEach((heading, column) => {
  if (rows.some((row) => row.cells[column].dataset.value !== undefined)) heading.dataset.numeric = "";
  heading.firstChild.onclick = () => sort(column);
});
for (const button of states) {
  button.onclick = () => { button.ariaPressed = String(button.ariaPressed !== "true"); filter(); };
}
at("filter").oninput = filter;
at("theme").onclick = () => {
  const asked = document.documentElement.dataset.theme;
  const dark = asked ? asked === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "light" : "dark";
};
filter();
