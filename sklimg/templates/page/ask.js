// Pictures from everywhere, asked a few at a time, each with its own answer.
import { byId, say } from "./dom.js";
import { takeDrops } from "./dropped.js";
import { startPen } from "./pen.js";
import { Results } from "./results.js";
import { ask, Lost, Refusal } from "./service.js";

const BATCH = 40, BATCH_BYTES = 4e6, MOST_BYTES = 9.9e6;
let last = 0; // the newest question; older ones show nothing any more

export function startAsking() {
  const input = byId("images"), camera = byId("camera");
  byId("ask-form").addEventListener("submit", (event) => event.preventDefault());
  input.classList.add("unseen");
  for (const each of [input, camera])
    each.addEventListener("change", () => {
      const files = Array.from(each.files);
      each.value = "";
      askFor(files).then(() => byId("answers").scrollIntoView({ block: "nearest" }));
    });
  if (matchMedia("(pointer: coarse)").matches) for (const each of document.querySelectorAll(".camera, #camera")) each.hidden = false;
  takeDrops(byId("ask"), (found) => askFor(found.map((each) => each.file)));
  document.addEventListener("paste", (event) => {
    const files = Array.from(event.clipboardData ? event.clipboardData.files : []);
    if (files.length && !byId("ask").hidden) {
      event.preventDefault();
      askFor(files);
    }
  });
  startPen(async (file) => {
    if (!file) return forgetDrawing();
    byId("pad-answer").textContent = "…";
    const said = await askFor([file]);
    if (said !== null) byId("pad-answer").textContent = said;
  });
}

// An answer to what was drawn leaves with the drawing.
function forgetDrawing() {
  last++;
  const place = byId("answers");
  if (place.querySelector("[data-drawn]")) place.replaceChildren();
}

// Ask what files show, and show the answers; return them in short, null if something newer is asked.
async function askFor(files) {
  if (!files.length) return null;
  const entries = files.map((file) => ({ file, name: file.name, state: "waiting", told: null, error: "" }));
  for (const entry of entries) if (entry.file.size > MOST_BYTES) fail(entry, "is larger than 10 MB; make it smaller");
  const mine = ++last;
  const results = new Results(entries, () => askAll(entries, results, () => mine === last));
  results.mount(byId("answers"));
  await askAll(entries, results, () => mine === last);
  return mine === last ? results.summary() : null;
}

async function askAll(entries, results, isCurrent) {
  results.begin();
  const waiting = entries.filter((entry) => entry.state === "waiting" || entry.state === "lost");
  for (const batch of batches(waiting)) {
    await askBatch(batch);
    if (!isCurrent()) return;
    results.update(batch);
    if (batch.some((entry) => entry.state === "lost")) {
      for (const entry of waiting) if (entry.state === "waiting") entry.state = "lost";
      break;
    }
  }
  results.end();
  say(results.summary());
}

function batches(entries) {
  const made = [];
  let bytes = Infinity;
  for (const entry of entries) {
    if (bytes + entry.file.size > BATCH_BYTES || made[made.length - 1].length >= BATCH) {
      made.push([]);
      bytes = 0;
    }
    made[made.length - 1].push(entry);
    bytes += entry.file.size;
  }
  return made;
}

// Ask a few pictures; those that cannot be read do not keep the others from their answer.
async function askBatch(batch) {
  let left = batch;
  while (left.length) {
    const form = new FormData();
    for (const entry of left) form.append("images", entry.file, entry.name);
    try {
      const told = await ask("POST", "/predict?pixels=true&top=5", { form });
      left.forEach((entry, i) => Object.assign(entry, { state: "read", told: told.predictions[i], error: "" }));
      return;
    } catch (error) {
      const bad = error instanceof Refusal && error.code === "image" ? error.errors : [];
      if (!bad.length) {
        const state = error instanceof Lost ? "lost" : "failed";
        for (const entry of left) Object.assign(entry, { state, error: error.message });
        return;
      }
      for (const each of bad) fail(left[each.index], each.detail.replace(/^images\[\d+\]: /, ""));
      left = left.filter((entry) => entry.state !== "failed");
    }
  }
}

function fail(entry, error) {
  entry.state = "failed";
  entry.error = error;
}
