// What all parts of the page share: elements, numbers, what is said aloud.

// Make an element: attributes, listeners as functions ("onclick"), then children.
// Texts are only ever text: no markup of a label or a name is read.
export function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function byId(id) {
  return document.getElementById(id);
}

export function percent(share) {
  if (share > 0.9995 && share < 1 - 1e-9) return "> 99.9 %";
  return (100 * share).toFixed(1) + " %";
}

export function count(n, one, many) {
  return n.toLocaleString("en") + " " + (n === 1 ? one : many || one + "s");
}

export function pictures(n) {
  return count(n, "picture");
}

export function when(text) {
  return text ? new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }) : "";
}

// Tell those who listen rather than look.
export function say(text) {
  const place = byId("said");
  place.textContent = "";
  setTimeout(() => (place.textContent = text), 50);
}

export function notice(text, kind, ...more) {
  return element("div", { class: "notice " + (kind || ""), role: kind === "bad" ? "alert" : null }, element("p", {}, text), ...more);
}

export function bar(share, label) {
  const inner = element("span", {});
  inner.style.width = Math.max(0, Math.min(100, 100 * share)) + "%";
  return element("span", { class: "meter", role: label ? "img" : null, "aria-label": label, "aria-hidden": label ? null : "true" }, inner);
}

export function progress(label) {
  const made = element("progress", { max: "1", "aria-label": label });
  return made;
}

export function saveFile(content, type, name) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

// Offer labels wherever one is asked for.
export function setLabels(labels) {
  byId("known-labels").replaceChildren(...labels.slice(0, 1000).map((label) => element("option", { value: label })));
}

// Ask before something is done; true if it is to be done.
export function confirmed(title, text, yes) {
  const dialog = byId("confirm");
  byId("confirm-title").textContent = title;
  byId("confirm-text").textContent = text;
  byId("confirm-yes").textContent = yes;
  return chosen(dialog).then((choice) => choice === "yes");
}

// Open a dialog; return the value of the button that ends it, "" for Escape.
export function chosen(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) =>
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }),
  );
}
