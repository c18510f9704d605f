// The start: which screen is shown, events of the server, and keys.

import { events } from "./api.js";
import { choice, el, notice, told } from "./dom.js";
import { showHome } from "./home.js";
import { openProject } from "./project.js";
import { language, languages, setLanguage, t } from "./strings.js";

const main = document.getElementById("main");
let screen = null;

// Tests, and curious people, look at what is open.
window.studio = {
  get project() { return screen?.project; },
  get page() { return screen?.page; },
  get viewer() { return screen?.viewer; },
};

function showBar() {
  document.documentElement.lang = language();
  document.title = t("title");
  const change = (code) => { setLanguage(code); show(); };
  document.getElementById("bar").replaceChildren(
    el("a", { href: "#/" }, t("title")),
    screen ? el("strong", {}, screen.project.title) : null ?? "",
    choice(t("language"), language(), languages, change));
}

async function show() {
  const id = /^#\/project\/([0-9a-f]+)$/.exec(location.hash)?.[1];
  screen = null;
  await told(async () => {
    if (id) screen = await openProject(main, id);
    else await showHome(main);
  });
  showBar();
}

window.addEventListener("hashchange", show);
window.addEventListener("keydown", (event) => screen?.key(event));
window.addEventListener("keyup", (event) => screen?.keyUp(event));
events((event) => {
  if (event.kind === "projects" && !screen) show();
  else screen?.receive(event);
}, () => notice(t("lost")));
show();
