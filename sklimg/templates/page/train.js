// A training: begun, watched, ended; and what the gate said.
import { byId, element, notice, percent, pictures, say, when } from "./dom.js";
import { curves } from "./curves.js";
import { showModels } from "./models.js";
import { ask, get, Lost, pause } from "./service.js";

const PAUSE = 700; // milliseconds between two looks at a training
const WORDS = {
  running: "Training", done: "Done: the newer model answers", refused: "Refused: the older model stays",
  failed: "Failed: the older model stays", cancelled: "Cancelled: the older model stays",
  interrupted: "Interrupted when the service ended: the older model stays",
};
const STAGES = {
  starting: "starting", data: "reading the pictures", new: "dealing out the new pictures", learning: "learning",
  folds: "asking the gate", gate: "asking the gate", certainty: "testing", test: "testing", saved: "writing it down",
};
let watched = null; // the id of the job that is watched

export function startTraining() {
  byId("retrain").addEventListener("submit", async (event) => {
    event.preventDefault();
    await begin();
  });
}

// Show models, jobs, and how much there is to learn.
export async function showTraining() {
  try {
    const [data, jobs] = await Promise.all([get("/data").catch((error) => (error.code === "no_folder" ? null : Promise.reject(error))), get("/jobs")]);
    byId("retrain").hidden = !data || watched !== null;
    byId("train-lead").textContent = data ? "A newer model goes on from this one with the pictures that were added. A gate compares both on pictures that neither has learned from, and refuses a newer one that is worse." : "This service keeps nothing: it cannot be trained.";
    if (data) byId("retrain-why").textContent = data.n_new ? `${pictures(data.n_new)} came or changed since the model was trained.` : "No picture is new since the model was trained. Add some first.";
    byId("retrain-go").disabled = !data || !data.n_new;
    await showModels(jobs.jobs);
    const newest = jobs.jobs[0];
    if (newest && newest.status === "running") watch(newest.id);
  } catch (error) {
    byId("train-lead").textContent = error.message;
  }
}

async function begin() {
  const go = byId("retrain-go");
  go.disabled = true;
  try {
    const job = await ask("POST", "/retrain", { json: { from_scratch: byId("scratch").checked } });
    watch(job.id);
  } catch (error) {
    go.disabled = false;
    const { jobs } = error.code === "running" ? await get("/jobs") : { jobs: [] };
    const running = jobs.find((each) => each.status === "running");
    if (running) watch(running.id);
    else byId("job").replaceChildren(notice(error.message, "bad"));
  }
}

// Look at a job until it has ended.
async function watch(id) {
  if (watched === id) return;
  watched = id;
  byId("retrain").hidden = true;
  const cancel = element("button", { type: "button", class: "button second", onclick: () => end(id, cancel) }, "Cancel");
  const place = element("div", {}), lines = element("code", {});
  const log = element("details", { hidden: true }, element("summary", {}, "What it told"), element("pre", { tabindex: "0" }, lines));
  byId("job").replaceChildren(element("div", { class: "card job" }, place, log, cancel));
  let job = null;
  while (watched === id) {
    try {
      job = await get("/jobs/" + id);
    } catch (error) {
      if (!(error instanceof Lost)) {
        place.replaceChildren(notice(error.message, "bad"));
        break;
      }
      place.replaceChildren(notice("The service cannot be reached; the training may go on. It is tried again…", "bad"));
      await pause(3 * PAUSE);
      continue;
    }
    place.replaceChildren(...shown(job));
    lines.textContent = job.log.join("\n");
    log.hidden = !job.log.length;
    if (job.status !== "running") break;
    await pause(PAUSE);
  }
  cancel.remove();
  watched = null;
  byId("retrain").hidden = false;
  if (job) say(WORDS[job.status]);
  document.dispatchEvent(new Event("sklimg-model"));
}

async function end(id, button) {
  button.disabled = true;
  button.textContent = "Cancelling…";
  await ask("DELETE", "/jobs/" + id).catch((error) => error.code === "ended" || button.after(notice(error.message, "bad")));
}

// A job as it is now.
function shown(job) {
  const parts = [element("h2", { class: job.status }, WORDS[job.status])];
  if (job.status === "running") {
    const { stage, epoch, n_epochs } = job.progress;
    const meter = element("progress", { max: n_epochs || 1, "aria-label": "Epochs" });
    if (n_epochs) meter.value = epoch;
    parts.push(meter, element("p", { class: "soft" }, (STAGES[stage] || "at work") + (epoch ? `, epoch ${epoch}${n_epochs ? " of " + n_epochs : ""}` : "")));
  }
  if (job.error) parts.push(notice(job.error, "bad"));
  if (job.verdict) parts.push(...verdict(job.verdict));
  if (job.test) parts.push(element("p", {}, `On ${pictures(job.test.n_test)} of the test part: ${percent(job.test.accuracy)} (95 % interval: ${job.test.accuracy_interval.map(percent).join(" to ")}).`));
  if (job.curves && job.curves.epoch.length) {
    const of = (name, kind, key) => ({ name, kind, values: job.curves[key] });
    parts.push(element("div", { class: "curves" },
      curves("Loss", [of("training", "a", "loss"), of("held back", "b", "validation_loss")], job.progress.n_epochs),
      curves("Accuracy", [of("training", "a", "accuracy"), of("held back", "b", "validation_accuracy")], job.progress.n_epochs, 0.05)));
  }
  return parts;
}

// The gate's verdict: in words, then in numbers.
export function verdict(told) {
  const names = { known: "Pictures it had", new: "New pictures", all: "All together" };
  const rows = Object.keys(names).filter((key) => told[key]).map((key) => {
    const scores = told[key];
    const change = scores.after - scores.before;
    return element("tr", {},
      element("th", { scope: "row" }, names[key]),
      element("td", { class: "n" }, String(Math.round(scores.n))),
      element("td", { class: "n" }, percent(scores.before)),
      element("td", { class: "n" }, percent(scores.after)),
      element("td", { class: "n " + (change < 0 ? "bad" : change > 0 ? "good" : "") }, (change > 0 ? "+" : change < 0 ? "−" : "") + Math.abs(100 * change).toFixed(1)));
  });
  const words = told.passed ? "The gate let it pass: it reads no worse than the older one." : "The gate refused it: " + told.reasons.join("; ") + ".";
  const heads = ["Pictures", "Older", "Newer", "Points"].map((name) => element("th", { scope: "col", class: "n" }, name));
  return [
    notice(words, told.passed ? "good" : "bad"),
    element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "What the gate found" },
      element("table", {}, element("caption", {}, `Accuracy on ${told.where}`), element("thead", {}, element("tr", {}, element("td", {}), ...heads)), element("tbody", {}, ...rows))),
  ];
}

export function jobWords(job) {
  const words = job.status === "done" ? `Done: model ${job.model}` : WORDS[job.status];
  return `${words}, ${when(job.begun_at)}`;
}
