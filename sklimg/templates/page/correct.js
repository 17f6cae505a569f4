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
    entry.noted = { ...kept, label, table: await labelInTable(kept.id) };
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
  const end = entry.noted.table === null ? "; the next training learns it." : `, but the model learned this very picture as ${entry.noted.table}: it is in doubt, see Pictures.`;
  const kind = entry.noted.table === null ? "good" : "doubt";
  const parts = [element("span", { class: kind + " small", role: "status" }, "Noted as ", element("b", {}, label), words + end)];
  if (status === "new") parts.push(element("button", { type: "button", class: "chip other", onclick: () => undo(place, entry, most) }, "Undo"));
  place.replaceChildren(...parts);
}

// Return the other label that the model learned the very picture under, null if none.
async function labelInTable(id) {
  const { conflicts } = await get("/data");
  const found = conflicts.find((each) => each.id === id);
  return found ? found.with_table : null;
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
