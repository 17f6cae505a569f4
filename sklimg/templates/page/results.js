// Answers: one as a card, several as a table.
import { bar, element, notice, percent, pictures, saveFile } from "./dom.js";
import { correction } from "./correct.js";

export class Results {
  // `again` asks once more for what is not answered.
  constructor(entries, again) {
    this.entries = entries;
    this.again = again;
    this.place = element("div", { class: "results" });
    this.rows = new Map();
  }

  mount(place) {
    this.outer = place;
    if (this.entries.length === 1 && this.entries[0].name === "drawing.png") this.place.dataset.drawn = "";
    release(place);
    place.replaceChildren(this.place);
  }

  begin() {
    this.outer.setAttribute("aria-busy", "true");
    if (this.entries.length > 1) this.table();
    else if (this.entries[0].state === "failed") this.update();
  }

  update(some) {
    if (this.entries.length === 1) this.place.replaceChildren(card(this.entries[0]));
    else {
      for (const entry of some) this.rows.get(entry).replaceChildren(...cells(entry));
      this.state.textContent = this.summary();
      this.meter.value = this.entries.filter((entry) => entry.state !== "waiting").length;
    }
  }

  end() {
    this.outer.setAttribute("aria-busy", "false");
    const isLost = this.entries.some((entry) => entry.state === "lost");
    if (this.entries.length > 1) {
      this.update(this.entries.filter((entry) => entry.state === "lost"));
      this.meter.hidden = true;
      this.save.disabled = !this.entries.some((entry) => entry.state === "read");
    }
    if (isLost) {
      const again = element("button", { type: "button", class: "button second", onclick: () => (lost.remove(), this.again()) }, "Try again");
      const lost = notice("The service cannot be reached; what has an answer keeps it.", "bad", again);
      this.place.prepend(lost);
    }
  }

  summary() {
    const n = (state) => this.entries.filter((entry) => entry.state === state).length;
    const read = this.entries.filter((entry) => entry.state === "read");
    if (this.entries.length === 1) return read.length ? sentence(read[0].told) : this.entries[0].error;
    const unknown = read.filter((entry) => entry.told.rejected).length;
    const parts = [`${read.length - unknown} of ${pictures(this.entries.length)} read`];
    if (unknown) parts.push(`${unknown} unknown`);
    if (n("failed")) parts.push(`${n("failed")} could not be read`);
    if (n("lost")) parts.push(`${n("lost")} not asked`);
    if (n("waiting")) parts.push(`${n("waiting")} to go`);
    return parts.join(", ");
  }

  table() {
    if (this.rows.size) return;
    this.state = element("p", { class: "state" }, this.summary());
    this.meter = element("progress", { max: this.entries.length, value: 0, "aria-label": "Pictures asked" });
    this.save = element("button", { type: "button", class: "button second", disabled: true, onclick: () => saveFile(csv(this.entries), "text/csv", "answers.csv") }, "Save as CSV");
    const body = element("tbody", {});
    for (const entry of this.entries) {
      const row = element("tr", {}, ...cells(entry));
      this.rows.set(entry, row);
      body.append(row);
    }
    const heads = ["Picture", "Seen", "Name", "Answer", "Not right?"].map((name) => element("th", { scope: "col" }, name));
    this.place.replaceChildren(
      element("div", { class: "row spread" }, this.state, this.save),
      this.meter,
      element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Answers" },
        element("table", { class: "answers" }, element("thead", {}, element("tr", {}, ...heads)), body)),
    );
  }
}

// One answer, large.
function card(entry) {
  if (entry.state !== "read") {
    return element("div", { class: "answer card" }, notice(`${entry.name}: ${entry.error}`, "bad"));
  }
  const told = entry.told;
  const title = told.rejected ? "Unknown" : told.label;
  const text = told.rejected
    ? `Too unsure to say. Most likely ${told.label}, with a probability of ${percent(told.probability)}.`
    : `With a probability of ${percent(told.probability)}.`;
  const bars = told.top.map((each) =>
    element("tr", {}, element("th", { scope: "row" }, each.label), element("td", {}, bar(each.probability)), element("td", { class: "n" }, percent(each.probability))));
  return element("div", { class: "answer card" + (told.rejected ? " unknown" : "") },
    element("div", { class: "pair" }, picture(entry, "given"), figure(told.pixels, "What the model saw", "seen")),
    element("div", { class: "says" },
      element("h2", {}, title),
      element("p", {}, text),
      element("table", { class: "bars" }, element("caption", { class: "unseen" }, "Probabilities"), element("tbody", {}, ...bars)),
      element("div", { class: "correct" }, element("p", { class: "small soft" }, told.rejected ? "What is it?" : "Not right? It is"), correction(entry, 4))),
  );
}

function cells(entry) {
  const cell = (...parts) => element("td", {}, ...parts);
  if (entry.state === "waiting") return [cell(), cell(), cell(entry.name), element("td", { class: "soft", colspan: 2 }, "…")];
  if (entry.state !== "read") {
    const error = entry.state === "lost" ? "not asked: the connection was lost" : entry.error;
    return [cell(), cell(), cell(entry.name), element("td", { class: "bad", colspan: 2 }, error)];
  }
  const told = entry.told;
  const answer = told.rejected
    ? [element("b", { class: "doubt" }, "unknown"), element("span", { class: "soft" }, ` most likely ${told.label}`)]
    : [element("b", {}, told.label)];
  return [
    cell(thumb(entry)),
    cell(element("img", { class: "seen", src: told.pixels, alt: "" })),
    element("td", { class: "name" }, entry.name),
    cell(...answer, element("span", { class: "soft n" }, " " + percent(told.probability))),
    cell(correction(entry, 2)),
  ];
}

function figure(source, caption, kind) {
  return element("figure", { class: kind }, element("img", { src: source, alt: caption }), element("figcaption", {}, caption));
}

// The picture as it was given, where the browser can show it.
function picture(entry, kind) {
  entry.address = entry.address || URL.createObjectURL(entry.file);
  const made = figure(entry.address, "Your picture", kind);
  made.firstChild.addEventListener("error", () => made.remove());
  return made;
}

function thumb(entry) {
  entry.address = entry.address || URL.createObjectURL(entry.file);
  return element("img", { class: "thumb", src: entry.address, alt: "", loading: "lazy", decoding: "async", onerror: (event) => event.target.remove() });
}

// Let go of the pictures of earlier answers.
function release(place) {
  for (const image of place.querySelectorAll('img[src^="blob:"]')) URL.revokeObjectURL(image.src);
}

function sentence(told) {
  return told.rejected ? `Unknown, most likely ${told.label}` : `${told.label}, ${percent(told.probability)}`;
}

// The table as `sklimg predict --format csv` writes it.
function csv(entries) {
  const quoted = (value) => (/[",\r\n]/.test(value) ? '"' + value.replaceAll('"', '""') + '"' : value);
  const read = entries.filter((entry) => entry.state === "read");
  const most = Math.max(...read.map((entry) => entry.told.top.length));
  const head = ["input", "label", "probability", "rejected"];
  for (let k = 2; k <= most; k++) head.push(`label${k}`, `probability${k}`);
  const lines = read.map(({ name, told }) => [
    name, told.label, told.probability, told.rejected,
    ...told.top.slice(1).flatMap((each) => [each.label, each.probability]),
  ]);
  return [head, ...lines].map((line) => line.map(String).map(quoted).join(",") + "\r\n").join("");
}

