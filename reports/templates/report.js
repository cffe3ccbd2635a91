"use strict";
(() => {
  const list = document.getElementById("list");
  if (!list) return;
  const items = Array.from(list.children, (node) => ({
    node,
    rank: Number(node.dataset.rank),
    score: node.dataset.score === "" ? NaN : Number(node.dataset.score),
    text: null,
  }));
  const byId = (id) => document.getElementById(id);
  const search = byId("search");
  const order = byId("order");
  const filters = Array.from(document.querySelectorAll("select.filter"));
  const answers = Array.from(document.querySelectorAll("input[name=answer]"));

  const text = (item) => {
    const data = item.node.dataset;
    item.text ??= [data.name, data.text, data.generator, data.judge, data.laws,
      item.node.querySelector(".reason").textContent].join("\n").toLowerCase();
    return item.text;
  };
  const fits = (item, words, wanted) => {
    const data = item.node.dataset;
    if (!wanted.has(data.answer)) return false;
    for (const filter of filters) {
      if (filter.value === "") continue;
      if (filter.id === "law" ? !data.laws.includes(` ${filter.value} `) : data[filter.id] !== filter.value) {
        return false;
      }
    }
    return words.every((word) => text(item).includes(word));
  };
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(answers.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const item of items) {
      const fit = fits(item, words, wanted);
      item.node.hidden = !fit;
      shown += fit;
    }
    byId("shown").value = `${shown} of ${items.length} shown`;
    byId("nothing").hidden = shown > 0;
  };

  const collator = new Intl.Collator(undefined, { numeric: true });
  const scores = (sign) => (a, b) => {
    if (Number.isNaN(a.score) || Number.isNaN(b.score)) return Number.isNaN(a.score) - Number.isNaN(b.score);
    return sign * (a.score - b.score);
  };
  const texts = (key) => (a, b) => collator.compare(a.node.dataset[key], b.node.dataset[key]);
  const orders = {
    rank: () => 0,
    score: scores(1),
    "score-down": scores(-1),
    name: texts("name"),
    answer: texts("answer"),
    judge: texts("judge"),
    generator: texts("generator"),
  };
  const sort = () => {
    const compare = orders[order.value];
    items.sort((a, b) => compare(a, b) || a.rank - b.rank);
    const sorted = document.createDocumentFragment();
    for (const item of items) sorted.append(item.node);
    list.append(sorted);
  };

  const large = byId("large");
  list.addEventListener("click", (event) => {
    const stage = event.target.closest("button.stage");
    if (!stage) return;
    const copy = document.createElement("div");
    copy.className = "stage";
    copy.style.cssText = stage.closest(".finding").style.cssText;
    copy.append(...Array.from(stage.children, (child) => child.cloneNode(true)));
    large.querySelector(".holder").replaceChildren(copy);
    large.showModal();
  });
  large.addEventListener("click", (event) => {
    if (event.target === large || event.target.closest(".close")) large.close();
  });

  const drawn = () => {
    document.body.classList.toggle("no-boxes", !byId("show-boxes").checked);
    document.body.classList.toggle("no-tracks", !byId("show-tracks").checked);
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.closest("input, select, dialog")) return;
    event.preventDefault();
    search.focus();
  });
  byId("tools").addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", filter);
  for (const control of [...filters, ...answers]) control.addEventListener("change", filter);
  for (const id of ["show-boxes", "show-tracks"]) byId(id).addEventListener("change", drawn);
  order.addEventListener("change", sort);
  byId("tools").hidden = byId("drawn").hidden = false;
  sort();
  filter();
  drawn();
})();
