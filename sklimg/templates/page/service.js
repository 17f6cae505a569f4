// Questions to the service, and what is done when one is not answered.
import { askForToken, forget, token } from "./token.js";

const MOST_TRIES = 6;
const WORDS = { 404: "there is no such thing", 502: "a proxy has nobody to ask", 503: "the service is busy", 504: "a proxy has waited too long" };

// The service said no, and why.
export class Refusal extends Error {
  constructor(status, told) {
    super(told.detail || WORDS[status] || "it answered " + status);
    this.status = status;
    this.code = told.code || "";
    this.errors = told.errors || [];
  }
}

// There was no answer.
export class Lost extends Error {
  constructor() {
    super("The service cannot be reached.");
  }
}

class NoToken extends Error {
  constructor() {
    super("This needs the token of the service.");
  }
}

// Ask; return the answer in JSON, null if it has none. `how`: json, form, progress, text.
export async function ask(method, path, how) {
  how = how || {};
  let why = "This needs the token of the service.";
  for (let attempt = 1; ; attempt++) {
    const shown = token();
    const answer = await sent(method, path, how, shown);
    const told = how.text && answer.status < 400 ? answer.text : parsed(answer.text);
    if (answer.status < 400) return told;
    const refusal = new Refusal(answer.status, told || {});
    if (refusal.code === "token") {
      if (shown && shown === token()) forget();
      if (shown) why = "The token is wrong: the service does not take it.";
      if (token() !== shown && (token() || method === "GET")) continue; // it was brought meanwhile, or is not needed
      if (!(await askForToken(why))) throw new NoToken();
      attempt = 0;
    } else if (answer.status === 503 && attempt < MOST_TRIES) {
      await pause(1000 * (Number(answer.after) || 2));
    } else throw refusal;
  }
}

export function get(path) {
  return ask("GET", path);
}

export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export function query(values) {
  return "?" + new URLSearchParams(values);
}

// One request; XMLHttpRequest alone tells how far a body is.
function sent(method, path, how, shown) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, path);
    request.setRequestHeader("Accept", "application/json");
    if (shown) request.setRequestHeader("Authorization", "Bearer " + shown);
    if (how.json) request.setRequestHeader("Content-Type", "application/json");
    if (how.progress) request.upload.onprogress = (event) => how.progress(event.loaded, event.total);
    request.onload = () =>
      resolve({ status: request.status, text: request.responseText, after: request.getResponseHeader("Retry-After") });
    request.onerror = request.onabort = request.ontimeout = () => reject(new Lost());
    request.send(how.json ? JSON.stringify(how.json) : how.form || null);
  });
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
