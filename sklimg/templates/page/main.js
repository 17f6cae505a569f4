// The page: its parts, and the model that answers.
import { startAsking } from "./ask.js";
import { byId, element, setLabels } from "./dom.js";
import { choosePaper } from "./pen.js";
import { get } from "./service.js";
import * as tokens from "./token.js";

const VIEWS = ["ask", "data", "train", "more"];
// What shows a part; fetched when it is first looked at.
const SHOW = {
  data: once(async () => {
    const [classes, upload] = await Promise.all([import("./classes.js"), import("./upload.js")]);
    upload.startUploads();
    return classes.showData;
  }),
  train: once(async () => {
    const train = await import("./train.js");
    train.startTraining();
    return train.showTraining;
  }),
};
const MOST_CLASSES = 200;

// Let something be made once, but again after a failure.
function once(make) {
  let made = null;
  return () => (made = made || make().catch((error) => ((made = null), Promise.reject(error))));
}

function current() {
  const name = location.hash.slice(1);
  return VIEWS.includes(name) ? name : "ask";
}

function showView(event) {
  const name = current();
  for (const view of VIEWS) byId(view).hidden = view !== name;
  for (const link of document.querySelectorAll("#views a")) {
    if (link.hash === "#" + name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (event) {
    scrollTo(0, 0);
    byId(name + "-title").focus({ preventScroll: true });
  }
  showPart();
}

async function showPart() {
  const name = current();
  if (!SHOW[name]) return;
  try {
    await (await SHOW[name]())();
  } catch {
    byId(name + "-lead").textContent = "The service cannot be reached.";
  }
}

// Show what answers now.
async function showModel() {
  try {
    const [model, told] = await Promise.all([get("/model"), get("/classes")]);
    byId("lead").textContent = model.words.replaceAll(" %", "\u00a0%");
    const shown = told.classes.slice(0, MOST_CLASSES).map((each) => element("li", {}, each.label));
    if (told.classes.length > MOST_CLASSES) shown.push(element("li", {}, `and ${told.classes.length - MOST_CLASSES} more`));
    byId("told-classes").replaceChildren(...shown);
    const { side, mode } = model.image;
    byId("told-model").replaceChildren(`Every picture becomes ${side}×${side} pixels, ${mode === "L" ? "grey" : "colour"}. Model `, element("code", {}, model.id), ".");
    setLabels(told.classes.map((each) => each.label));
    return model;
  } catch (error) {
    byId("lead").textContent = error.message;
    return null;
  }
}

async function start() {
  for (const each of document.querySelectorAll(".scripted, #views")) each.hidden = false;
  for (const each of document.querySelectorAll(".plain")) each.hidden = true;
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId(current() + "-title").focus();
  });
  for (const name of ["dragover", "drop"]) // beside a place for them, files would be opened instead of the page
    addEventListener(name, (event) => event.dataTransfer.types.includes("Files") && event.preventDefault());
  tokens.start();
  startAsking();
  addEventListener("hashchange", showView);
  document.addEventListener("sklimg-data", showPart);
  document.addEventListener("sklimg-model", () => {
    showModel();
    showPart();
  });
  showView();
  const model = await showModel();
  if (model) choosePaper(model.image);
}

start();
