// The token: asked for when it is needed, kept in this tab alone.
import { byId, chosen } from "./dom.js";

const KEY = "sklimg-token";
let asked = null;

export function token() {
  return sessionStorage.getItem(KEY) || "";
}

// Ask for the token, once for all who need it now; true if there is another one to try.
export function askForToken(why) {
  asked = asked || answered(why).finally(() => (asked = null));
  return asked;
}

async function answered(why) {
  byId("token-why").textContent = why;
  byId("token-field").value = "";
  byId("token-forget").hidden = !token();
  const choice = await chosen(byId("token-dialog"));
  const given = byId("token-field").value.trim();
  byId("token-field").value = "";
  if (choice === "forget") sessionStorage.removeItem(KEY);
  if (choice === "use" && given) sessionStorage.setItem(KEY, given);
  show();
  return choice === "use" && Boolean(given);
}

export function forget() {
  sessionStorage.removeItem(KEY);
  show();
}

export function show() {
  const button = byId("token");
  button.hidden = false;
  button.textContent = token() ? "Token ✓" : "Token";
  button.title = token() ? "A token is kept in this tab" : "Needed to change something";
}

export function start() {
  byId("token").addEventListener("click", async () => {
    if (await askForToken("Whatever changes something needs it: pictures, training, the model.")) document.dispatchEvent(new Event("sklimg-model"));
  });
  show();
}
