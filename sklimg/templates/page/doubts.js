// Pictures under several labels: whoever looks at them decides.
import { byId, element, notice, pictures } from "./dom.js";
import { change, wasChanged } from "./mosaic.js";
import { get, query } from "./service.js";

const SHOWN = 5;

export async function showDoubts(summary) {
  const place = byId("doubts");
  if (!summary.n_conflicts) {
    if (wasChanged("doubts")) byId("data-title").focus();
    return place.replaceChildren();
  }
  try {
    const told = await get("/pictures" + query({ in_doubt: true }));
    const rows = told.pictures.map(row);
    const left = told.n_pictures - rows.length;
    const title = element("h2", { tabindex: "-1" }, "In doubt");
    place.replaceChildren(
      title,
      element("p", {}, "The same picture under several labels is not learned from. What does it show?"),
      element("ul", { class: "doubts" }, ...rows.slice(0, SHOWN)),
      ...(rows.length > SHOWN ? [element("details", {}, element("summary", {}, `${rows.length - SHOWN} more`), element("ul", { class: "doubts" }, ...rows.slice(SHOWN)))] : []),
      ...(left > 0 ? [element("p", { class: "soft" }, `and ${pictures(left)} more, when these are decided`)] : []),
    );
    if (wasChanged("doubts")) title.focus();
  } catch (error) {
    place.replaceChildren(notice(error.message, "bad"));
  }
}

function row(told) {
  const labels = told.with_table !== null ? [told.with_table] : [...new Set([...told.labels, ...told.with_uploads])];
  const buttons = labels.map((label) => element("button", { type: "button", class: "chip", onclick: (event) => change(event.target, "PUT", told.id, { label }) }, label));
  const why = told.with_table !== null ? `the model learned this very picture as ${told.with_table}, which is not changed here` : told.labels.length > 1 ? "it was given several labels" : "another upload shows the same";
  return element("li", {},
    told.picture ? element("img", { src: told.picture, alt: told.name }) : element("span", {}),
    element("span", {}, element("b", {}, told.name), element("span", { class: "soft small" }, ` called ${told.labels.join(" and ")}; ${why}`)),
    element("span", { class: "chips" }, ...buttons, element("button", { type: "button", class: "chip other", onclick: (event) => change(event.target, "DELETE", told.id) }, "forget it")));
}
