// The classes: how many pictures the model learned from, how many were added since.
import { byId, element, pictures, setLabels } from "./dom.js";
import { showDoubts } from "./doubts.js";
import { closeMosaic, showMosaic } from "./mosaic.js";
import { get } from "./service.js";

let opened = null; // the label whose pictures are shown
let asked = 0; // the newest look; older ones show nothing

// Show what there is; errors are told in place.
export async function showData() {
  const lead = byId("data-lead"), mine = ++asked;
  let told, learned;
  try {
    [told, learned] = await Promise.all([get("/data"), get("/classes")]);
  } catch (error) {
    lead.textContent = error.message;
    byId("upload").hidden = error.code === "no_folder";
    return;
  }
  if (mine !== asked) return;
  byId("upload").hidden = false;
  lead.textContent = words(told, learned.classes);
  const added = new Map(told.classes.map((each) => [each.label, each.new]));
  const known = new Map(learned.classes.map((each) => [each.label, each.images]));
  const labels = [...known.keys(), ...[...added.keys()].filter((label) => !known.has(label))];
  setLabels(labels);
  const most = Math.max(1, ...labels.map((label) => (known.get(label) || 0) + (added.get(label) || 0)));
  const rows = labels.map((label) => row(label, known.get(label) || 0, added.get(label) || 0, most));
  byId("classes").replaceChildren(
    element("div", { class: "scroll long", tabindex: "0", role: "region", "aria-labelledby": "classes-title" },
      element("table", { class: "distribution" },
        element("thead", {}, element("tr", {}, ...["Class", element("span", { class: "unseen" }, "Beside the others"), "Learned from", "New"].map((name, i) => element("th", { scope: "col", class: i > 1 ? "n" : null }, name)))),
        element("tbody", {}, ...rows))),
  );
  showDoubts(told);
  if (opened !== null && labels.includes(opened)) showMosaic(opened, known.get(opened) || 0);
  else {
    opened = null;
    closeMosaic();
  }
}

function row(label, n, added, most) {
  const button = element("button", {
    type: "button", class: "link", "aria-expanded": String(opened === label),
    onclick: () => {
      opened = opened === label ? null : label;
      for (const each of document.querySelectorAll(".distribution button")) each.setAttribute("aria-expanded", "false");
      button.setAttribute("aria-expanded", String(opened === label));
      if (opened === null) closeMosaic();
      else showMosaic(label, n, true);
    },
  }, label);
  const old = element("span", { class: "old" }), fresh = element("span", { class: "fresh" });
  old.style.width = (100 * n) / most + "%";
  fresh.style.width = (100 * added) / most + "%";
  return element("tr", { "data-label": label },
    element("th", { scope: "row" }, button),
    element("td", {}, element("span", { class: "stack", "aria-hidden": "true" }, old, fresh)),
    element("td", { class: "n" }, n.toLocaleString("en")),
    element("td", { class: "n" }, added ? "+" + added.toLocaleString("en") : "–"));
}

function words(told, classes) {
  const learned = classes.reduce((sum, each) => sum + each.images, 0);
  const parts = [`The model learned from ${pictures(learned)}.`];
  if (!told.n_pictures && !told.table_is_damaged) return parts[0] + " Nothing was added yet.";
  parts.push(`${pictures(told.n_pictures)} ${told.n_pictures === 1 ? "was" : "were"} added, ${told.n_new} since it was trained.`);
  const copies = told.copies.of_table + told.copies.among_uploads;
  if (copies) {
    const kinds = [];
    if (told.copies.of_table) kinds.push(`${told.copies.of_table} the model knows already`);
    if (told.copies.among_uploads) kinds.push(`${told.copies.among_uploads} came twice`);
    parts.push(`Copies: ${kinds.join(", ")}.`);
  }
  if (told.table_is_damaged) parts.push("The table of the model is damaged: copies of its pictures are not found, and it cannot be trained further.");
  if (told.n_conflicts) parts.push(`${told.n_conflicts} ${told.n_conflicts === 1 ? "is" : "are"} in doubt.`);
  return parts.join(" ");
}
