// The models there were and are, and the trainings that made them.
import { byId, confirmed, element, notice, percent, saveFile, when } from "./dom.js";
import { ask, get } from "./service.js";
import { jobWords, verdict } from "./train.js";

export async function showModels(jobs) {
  const { models } = await get("/models");
  const rows = models.map(row);
  const heads = ["Model", "Since", "Test accuracy", "95 % interval"].map((name) => element("th", { scope: "col" }, name));
  byId("models").replaceChildren(
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Models" },
      element("table", { class: "models" }, element("thead", {}, element("tr", {}, ...heads, element("td", {}))), element("tbody", {}, ...rows))));
  const ended = jobs.filter((job) => job.status !== "running");
  byId("jobs").replaceChildren(...(ended.length ? [element("h2", {}, "Trainings"), ...ended.map(jobOf)] : []));
}

function row(model) {
  const test = model.test;
  const badge = model.is_current ? element("span", { class: "flag fresh" }, "answers") : model.is_previous ? element("span", { class: "flag" }, "stands by") : null;
  const acts = element("td", {});
  if (model.has_report) acts.append(report(model.id), " ");
  if (model.is_previous) acts.append(element("button", { type: "button", class: "link", onclick: () => rollBack(model) }, "Let it answer again"));
  return element("tr", {},
    element("th", { scope: "row" }, element("code", {}, model.id), " ", badge),
    element("td", {}, when(model.made_at)),
    element("td", {}, test ? percent(test.accuracy) : "–"),
    element("td", { class: "soft" }, test ? `${percent(test.accuracy_interval[0])} to ${percent(test.accuracy_interval[1])}, of ${test.n_test}` : ""),
    acts);
}

// A link, or where a token has to be shown, which a link cannot, a file to save.
function report(id) {
  const address = `/models/${encodeURIComponent(id)}/report`;
  if (document.body.dataset.open === "yes") return element("a", { href: address, target: "_blank", rel: "noopener" }, "Report");
  const button = element("button", { type: "button", class: "link", onclick: async () => {
    try {
      saveFile(alone(await ask("GET", address, { text: true })), "text/html", `report-${id}.html`);
    } catch (error) {
      button.after(notice(error.message, "bad"));
    }
  } }, "Save the report");
  return button;
}

// A report that runs nothing and asks nobody, whoever made its run.
function alone(page) {
  const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
  return `<!DOCTYPE html><meta http-equiv="Content-Security-Policy" content="${policy}">` + page.replace(/^\s*<!DOCTYPE html>/i, "");
}

async function rollBack(model) {
  const text = `Model ${model.id} answers again, from the next question on. The pictures that were added stay. The same once more returns.`;
  if (!(await confirmed("Let the other model answer?", text, "Let it answer"))) return;
  try {
    await ask("POST", "/model/rollback");
    byId("job").replaceChildren();
    document.dispatchEvent(new Event("sklimg-model"));
  } catch (error) {
    byId("models").append(notice(error.message, "bad"));
  }
}

function jobOf(job) {
  const inner = [];
  if (job.error) inner.push(notice(job.error, "bad"));
  if (job.verdict) inner.push(...verdict(job.verdict));
  if (!inner.length) inner.push(element("p", { class: "soft" }, "Nothing more is known of it."));
  return element("details", { class: "past" }, element("summary", {}, jobWords(job)), ...inner);
}
