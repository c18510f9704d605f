// The main screen: open a file, or go on with a project.

import { get, pagePath, projectPath, send, upload } from "./api.js";
import { el, notice, told } from "./dom.js";
import { t } from "./strings.js";

export async function showHome(main) {
  const state = await get("/api/state");
  const list = el("ul", { className: "projects" });
  main.replaceChildren(
    el("section", { className: "home" },
      dropZone(),
      el("h2", {}, t("recent")),
      state.projects.length ? list : el("p", {}, t("none")),
      el("p", { className: "about" }, `${t("model", { name: state.models.color })} ${t("device", { name: state.device })}`)));
  for (const project of state.projects) list.append(card(project));
}

function dropZone() {
  const file = el("input", { type: "file", id: "file", className: "hidden", onchange: () => open(file.files, zone) });
  const zone = el("div", {
    id: "drop",
    ondragover: (event) => { event.preventDefault(); zone.classList.add("over"); },
    ondragleave: () => zone.classList.remove("over"),
    ondrop: (event) => { event.preventDefault(); zone.classList.remove("over"); open(event.dataTransfer.files, zone); },
  }, el("p", {}, t("drop")), file, el("button", { onclick: () => file.click() }, t("choose")), el("p", { role: "status" }));
  return zone;
}

async function open(files, zone) {
  const status = zone.querySelector("[role=status]");
  let id;
  for (const file of files) {
    id = await told(() => upload(file, (share) => {
      status.textContent = t("sending", { name: file.name, share: Math.round(100 * share) });
    })) || id;
  }
  status.textContent = "";
  if (id) location.hash = `#/project/${id}`;
}

function card(project) {
  const open = () => { location.hash = `#/project/${project.id}`; };
  const picture = el("img", { alt: "", loading: "lazy", src: project.pages ? `${pagePath(project.id, 0)}/thumbnail` : undefined });
  const remove = async () => {
    if (!confirm(t("removeAsk", { name: project.title }))) return;
    if (await told(() => send("DELETE", projectPath(project.id))) !== undefined) item.remove();
  };
  const item = el("li", { className: "project", data: { id: project.id } },
    el("button", { className: "card", onclick: project.pages ? open : () => notice(project.reason) },
      picture,
      el("strong", {}, project.title || project.reason),
      el("span", {}, t("pages", { done: project.done, total: project.pages }))),
    el("button", { className: "quiet", onclick: remove, "aria-label": `${t("remove")}: ${project.title}` }, t("remove")));
  return item;
}
