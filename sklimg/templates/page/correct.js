// What a picture really shows: one click, and it is learned at the next training.
import { element } from "./dom.js";
import { ask, get } from "./service.js";

// Labels to choose from, and a field for any other; what was chosen can be undone.
export function correction(entry, most) {
  const place = element("span", { class: "chips" });
  if (entry.noted) noted(place, entry, most);
  else choices(place, entry, most);
  return place;
}

function choices(place, entry, most) {
  const others = entry.told.top.map((each) => each.label).filter((label) => entry.told.rejected || label !== entry.told.label);
  const chips = others.slice(0, most).map((label) =>
    element("button", { type: "button", class: "chip", onclick: () => teach(place, entry, label, most), title: `Note ${entry.name} as ${label}` }, label));
  const other = element("button", { type: "button", class: "chip other", onclick: () => anyOther(place, entry, most) }, "other…");
  place.replaceChildren(...chips, other);
}

function anyOther(place, entry, most) {
  const field = element("input", { type: "text", list: "known-labels", maxlength: 1000, autocomplete: "off", required: true, "aria-label": `What ${entry.name} shows` });
  const form = element("form", { class: "chips", onsubmit: (event) => {
    event.preventDefault();
    if (field.value.trim()) teach(place, entry, field.value, most);
  } }, field, element("button", { class: "chip" }, "Note it"),
  element("button", { type: "button", class: "chip other", onclick: () => choices(place, entry, most) }, "Cancel"));
  place.replaceChildren(form);
  field.focus();
}

async function teach(place, entry, label, most) {
  for (const each of place.querySelectorAll("button, input")) each.disabled = true;
  const form = new FormData();
  form.append("label", label);
  form.append("images", entry.file, entry.name);
  try {
    const [kept] = (await ask("POST", "/upload-data", { form })).pictures;
    if (kept.status === "conflict") await ask("PUT", "/data/" + kept.id, { json: { label } });
    entry.noted = { ...kept, label, doubt: await doubtOf(kept.id) };
    noted(place, entry, most);
    document.dispatchEvent(new Event("sklimg-data"));
  } catch (error) {
    choices(place, entry, most);
    place.append(element("span", { class: "bad small", role: "alert" }, error.message));
  }
}

function noted(place, entry, most) {
  const { label, status } = entry.noted;
  const words = { new: "", known: " already", conflict: ", no longer as before" }[status];
  const { doubt } = entry.noted;
  const end = doubt ? `, but ${doubt}: it is in doubt, see Pictures.` : "; the next training learns it.";
  const parts = [element("span", { class: (doubt ? "doubt" : "good") + " small", role: "status", tabindex: "-1" }, "Noted as ", element("b", {}, label), words + end)];
  if (status === "new") parts.push(element("button", { type: "button", class: "chip other", onclick: () => undo(place, entry, most) }, "Undo"));
  const wasHere = place.contains(document.activeElement) || document.activeElement === document.body;
  place.replaceChildren(...parts);
  if (wasHere) parts[0].focus({ preventScroll: true });
}

// Return what speaks against a picture that is kept, "" if nothing is known to.
async function doubtOf(id) {
  const told = await get("/data").catch(() => null); // it is kept all the same
  const found = told && told.conflicts.find((each) => each.id === id);
  if (!found) return "";
  if (found.with_table !== null) return `the model learned this very picture as ${found.with_table}`;
  return `the same picture was added as ${[...found.labels, ...found.with_uploads].join(" and ")}`;
}

async function undo(place, entry, most) {
  try {
    await ask("DELETE", "/data/" + entry.noted.id);
    entry.noted = null;
    choices(place, entry, most);
    document.dispatchEvent(new Event("sklimg-data"));
  } catch (error) {
    place.append(element("span", { class: "bad small", role: "alert" }, error.message));
  }
}
