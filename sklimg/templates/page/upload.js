// Many pictures with their labels: planned, sent piece by piece, gone on with after a lost connection.
import { byId, count, element, notice, pictures, progress, say } from "./dom.js";
import { chosenFiles, takeDrops } from "./dropped.js";
import { ask, Lost } from "./service.js";

const BATCH = 50, BATCH_BYTES = 16e6, MOST_ARCHIVE = 512e6;
const WAITS = [1000, 3000, 8000]; // milliseconds, after which a lost piece is sent again
const SHOWN = 12;
const REFUSED = ["image", "archive", "too_large", "content", "multipart"]; // codes of what is wrong with a piece, whenever it is sent
let planned = []; // [{file, folder}]
let unsent = []; // pieces that a lost connection left

export function startUploads() {
  const plan = byId("plan");
  for (const id of ["files", "folder", "archive"])
    byId(id).addEventListener("change", (event) => {
      const found = chosenFiles(event.target);
      event.target.value = "";
      take(found);
    });
  takeDrops(byId("data"), take);
  byId("label").addEventListener("input", () => planned.length && show());
  byId("upload").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });

  function take(found) {
    if (!found.length || byId("files").disabled) return; // one upload after the other
    planned = found;
    if (!unsent.length) byId("uploaded").replaceChildren();
    show();
    plan.scrollIntoView({ block: "nearest" });
  }
}

const isArchive = (file) => /\.zip$/i.test(file.name);

// The label of a file: its folder's name, else the one for all; "" if there is none.
function labelOf(each) {
  return each.folder || byId("label").value;
}

function show() {
  const files = planned.filter((each) => !isArchive(each.file));
  const archives = planned.filter((each) => isArchive(each.file));
  const counts = new Map();
  for (const each of files) counts.set(labelOf(each), (counts.get(labelOf(each)) || 0) + 1);
  const missing = counts.has("") || [...counts.keys()].some((label) => !label.trim());
  const order = new Intl.Collator(undefined, { numeric: true }).compare;
  const listed = [...counts].sort((a, b) => order(a[0], b[0])).slice(0, SHOWN).map(([label, n]) => element("li", {}, element("b", {}, label.trim() ? label : "no label yet"), ` ${n}`));
  if (counts.size > SHOWN) listed.push(element("li", { class: "soft" }, `and ${counts.size - SHOWN} more classes`));
  for (const { file } of archives) listed.push(element("li", {}, element("b", {}, file.name), " a zip file"));
  const large = archives.find(({ file }) => file.size > MOST_ARCHIVE);
  const why = missing ? "Say above what the pictures show." : large ? `${large.file.name} is larger than 512 MB; send it in parts.` : "";
  const what = [files.length && pictures(files.length), archives.length && count(archives.length, "zip file")].filter(Boolean).join(" and ");
  byId("plan").replaceChildren(
    element("ul", { class: "classes" }, ...listed),
    element("div", { class: "row" },
      element("button", { class: "button", id: "send", disabled: Boolean(why) }, "Add " + (what || "nothing")),
      element("button", { type: "button", class: "quiet", onclick: clear }, "Not these"),
      element("span", { class: "small bad", role: "status" }, why)),
  );
  if (!what) clear();
}

function clear() {
  planned = [];
  byId("plan").replaceChildren();
}

// The pieces to send, each a form's content.
function pieces() {
  const made = [];
  let bytes = Infinity;
  for (const each of planned) {
    if (isArchive(each.file)) {
      made.push({ archive: each.file, label: byId("label").value, bytes: each.file.size, n: 0 });
      bytes = Infinity;
      continue;
    }
    let piece = made[made.length - 1];
    if (bytes + each.file.size > BATCH_BYTES || piece.files.length >= BATCH) {
      piece = { files: [], labels: [], bytes: 0 };
      made.push(piece);
      bytes = 0;
    }
    piece.files.push(each.file);
    piece.labels.push(labelOf(each));
    bytes += each.file.size;
    piece.bytes = bytes;
  }
  return made;
}

function formOf(piece) {
  const form = new FormData();
  if (piece.archive) {
    if (piece.label.trim()) form.append("label", piece.label);
    form.append("archive", piece.archive, piece.archive.name);
  } else {
    piece.files.forEach((file, i) => {
      form.append("label", piece.labels[i]);
      form.append("images", file, file.name);
    });
  }
  return form;
}

async function send() {
  const left = [...unsent.splice(0), ...pieces()];
  if (!left.length) return;
  clear();
  await sendAll(left, { kept: [], rejected: [] });
}

// Send pieces one after the other; what is acknowledged is never sent again.
async function sendAll(left, outcome) {
  const place = byId("uploaded"), all = left.reduce((sum, piece) => sum + piece.bytes, 0) || 1;
  const meter = progress("Sent"), state = element("p", {}, "Sending…");
  let sent = 0, failure = null;
  place.replaceChildren(element("div", { class: "card" }, state, meter));
  setBusy(true);
  while (left.length && !failure) {
    const piece = left[0];
    try {
      const told = await sendOne(piece, state, (loaded) => (meter.value = Math.min(1, (sent + loaded) / all)));
      outcome.kept.push(...told.pictures);
      outcome.rejected.push(...told.rejected);
    } catch (error) {
      if (REFUSED.includes(error.code))
        outcome.rejected.push(...(error.errors.length ? error.errors : [{ name: piece.archive ? piece.archive.name : "these files", code: error.code, detail: error.message }]));
      else failure = error;
    }
    if (failure) break;
    left.shift();
    sent += piece.bytes;
    meter.value = sent / all;
  }
  setBusy(false);
  unsent = failure ? left : [];
  place.replaceChildren(...report(outcome), ...(failure ? [stopped(failure, left, outcome)] : []));
  say(Array.from(place.querySelectorAll(".notice > p"), (each) => each.textContent).join(" "));
  document.dispatchEvent(new Event("sklimg-data"));
}

async function sendOne(piece, state, progressed) {
  for (let attempt = 0; ; attempt++) {
    try {
      state.textContent = "Sending…";
      return await ask("POST", "/upload-data", { form: formOf(piece), progress: progressed });
    } catch (error) {
      if (!(error instanceof Lost) || attempt >= WAITS.length) throw error;
      state.textContent = "The connection was lost; it is tried again…";
      await new Promise((resolve) => setTimeout(resolve, WAITS[attempt]));
    }
  }
}

function setBusy(isBusy) {
  for (const id of ["files", "folder", "archive"]) byId(id).disabled = isBusy;
}

function stopped(failure, left, outcome) {
  const n = left.reduce((sum, piece) => sum + (piece.files ? piece.files.length : 1), 0);
  const what = failure instanceof Lost ? "The connection was lost." : failure.message;
  const kept = outcome.kept.length ? " What is told above is kept." : "";
  const again = element("button", { type: "button", class: "button second", onclick: () => sendAll(left, outcome) }, "Go on");
  return notice(`${what} ${count(n, "file is", "files are")} not there yet.${kept}`, "bad", again);
}

// What became of the files, in words.
function report({ kept, rejected }) {
  const made = [];
  const n = (status) => kept.filter((each) => each.status === status).length;
  if (kept.length) {
    const parts = [];
    if (n("new")) parts.push(`${n("new")} new`);
    if (n("known")) parts.push(`${n("known")} there before`);
    if (n("conflict")) parts.push(`${n("conflict")} under two labels now`);
    made.push(notice(`${pictures(kept.length)} kept: ${parts.join(", ")}.`, n("conflict") ? "doubt" : "good"));
  }
  if (rejected.length) {
    const lines = rejected.slice(0, 100).map((each) => element("li", {}, element("b", {}, each.name || "a file"), ": ", each.detail));
    made.push(notice(`${count(rejected.length, "file")} not kept:`, "bad", element("ul", { class: "small" }, ...lines)));
  }
  return made;
}
