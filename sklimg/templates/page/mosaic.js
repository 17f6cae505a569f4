// The pictures of one class: those that were added, and some that the model learned from.
import { byId, element, notice, pictures } from "./dom.js";
import { ask, get, query } from "./service.js";

let shown = 0; // the newest request; older ones show nothing
let changed = ""; // where somebody changed something, and is to find the place again

export function closeMosaic() {
  shown++;
  if (wasChanged("mosaic")) byId("data-title").focus();
  byId("mosaic").replaceChildren();
}

export async function showMosaic(label, nLearned, isToBeSeen) {
  const mine = ++shown, place = byId("mosaic");
  try {
    const [added, learned] = await Promise.all(["uploads", "table"].map((source) => get("/pictures" + query({ source, label }))));
    if (mine !== shown) return;
    const title = element("h3", { tabindex: "-1" }, element("b", {}, label));
    place.replaceChildren(element("div", { class: "card mosaic" }, title, ...group("Added", added, label), ...group("Learned from", learned, label, nLearned)));
    if (isToBeSeen || wasChanged("mosaic")) title.focus({ preventScroll: true });
    if (isToBeSeen) place.scrollIntoView({ block: "nearest" });
  } catch (error) {
    if (mine === shown) place.replaceChildren(notice(error.message, "bad"));
  }
}

function group(title, told, label, n) {
  if (!told.n_pictures) return [];
  const all = n || told.n_pictures;
  const list = element("ul", { class: "tiles" }, ...told.pictures.map(tile));
  const made = [element("h4", {}, title, " ", element("span", { class: "soft" }, pictures(all) + (n > told.n_pictures ? `, the first ${told.n_pictures} of them` : ""))), list];
  if (!n && told.pictures.length < told.n_pictures) made.push(more(list, label, told.n_pictures));
  return made;
}

function more(list, label, n) {
  const button = element("button", { type: "button", class: "button second", onclick: async () => {
    button.disabled = true;
    try {
      const next = await get("/pictures" + query({ label, start: list.children.length }));
      list.append(...next.pictures.map(tile));
      if (!next.pictures.length || list.children.length >= n) button.remove();
    } catch (error) {
      button.after(notice(error.message, "bad"));
    }
    button.disabled = false;
  } }, "Show more");
  return button;
}

function tile(told) {
  const flag = flagOf(told);
  const name = told.name === null ? told.labels[0] : told.name;
  const image = told.picture ? element("img", { src: told.picture, alt: name, loading: "lazy" }) : element("span", { class: "gone soft small" }, "no picture any more");
  if (told.id === null) return element("li", {}, image);
  return element("li", { title: name },
    image,
    flag && element("span", { class: "flag " + flag[1] }, flag[0]),
    element("span", { class: "acts" },
      element("button", { type: "button", class: "mini", "aria-label": `Give ${name} another label`, title: "Another label", onclick: (event) => relabel(event.target, told, name) }, "✎"),
      element("button", { type: "button", class: "mini", "aria-label": `Forget ${name}`, title: "Forget it", onclick: (event) => change(event.target, "DELETE", told.id) }, "×")));
}

// The one thing that matters most of a picture: text and kind, null if there is nothing to say.
function flagOf(told) {
  if (told.in_doubt) return ["in doubt", "doubt"];
  if (told.copy_of.includes("table")) return ["known already", "copy"];
  if (told.copy_of.includes("upload")) return ["came twice", "copy"];
  return told.is_new ? ["new", "fresh"] : null;
}

function relabel(button, told, name) {
  const item = button.closest("li");
  const field = element("input", { type: "text", list: "known-labels", required: true, maxlength: 1000, autocomplete: "off", "aria-label": `What ${name} shows` });
  const form = element("form", { class: "relabel", onsubmit: (event) => {
    event.preventDefault();
    if (field.value.trim()) change(field, "PUT", told.id, { label: field.value });
  }, onkeydown: (event) => {
    if (event.key === "Escape") {
      form.remove();
      button.focus();
    }
  } }, field, element("button", { class: "chip" }, "Save"));
  for (const old of item.querySelectorAll("form")) old.remove();
  item.append(form);
  field.focus();
}

// Tell, once, whether what is shown anew follows from a change in this place.
export function wasChanged(place) {
  const is = changed === place;
  if (is) changed = "";
  return is;
}

// Change what is known of a picture, and show all anew.
export async function change(button, method, id, json) {
  const item = button.closest("li");
  for (const old of item.querySelectorAll('[role="alert"]')) old.remove();
  button.disabled = true;
  try {
    await ask(method, "/data/" + id, { json });
    changed = item.closest("#mosaic, #doubts").id;
    document.dispatchEvent(new Event("sklimg-data"));
  } catch (error) {
    button.disabled = false;
    item.append(element("span", { class: "bad small", role: "alert" }, error.message));
  }
}

