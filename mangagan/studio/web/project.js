// A project on the screen: the strip of its pages, the viewer, the tools and the panel.

import { bitmap, get, pagePath, projectPath, send } from "./api.js";
import { el, notice, told } from "./dom.js";
import { Panel } from "./panel.js";
import { Pointer } from "./pointer.js";
import { Strip } from "./strip.js";
import { t } from "./strings.js";
import { Tools } from "./tools.js";
import { Viewer } from "./viewer.js";

export class ProjectScreen {
  constructor(main, state, project) {
    Object.assign(this, { main, state, project, page: null, shown: "", last: Promise.resolve(), waiting: 0 });
    this.viewer = new Viewer();
    this.tools = new Tools(state, () => this.showTools());
    this.panel = new Panel(state, project, {
      page: () => this.page || project.pages[0],
      color: () => this.tools.color,
      setColor: (color) => { this.tools.color = color; this.showTools(); },
      changed: (isOrder) => (isOrder ? this.showStrip() : this.reload()),
      preview: () => this.preview(),
    });
    this.pointer = new Pointer(this.viewer, () => this.tools, (...drawn) => this.drawn(...drawn));
    this.side = el("aside", {});
    this.strip = null;
  }

  async start() {
    this.main.replaceChildren(el("section", { className: "studio" }, el("div", { className: "strip-place" }), this.viewer.element, this.side));
    this.showStrip();
    this.panel.show();
    this.showTools();
    await this.turn(0);
  }

  showStrip() {
    this.strip = new Strip(this.project, (number) => this.turn(number));
    this.main.querySelector(".strip-place").replaceChildren(this.strip.element);
    if (this.page) this.strip.select(this.page.number);
  }

  showTools() {
    const button = (id, label, sign, work) => el("button", { id, title: label, "aria-label": label, onclick: work }, sign);
    const undo = button("undo", `${t("undo")} (Ctrl+Z)`, "↶", () => this.change("undo"));
    const redo = button("redo", `${t("redo")} (Ctrl+Shift+Z)`, "↷", () => this.change("redo"));
    undo.disabled = !this.page?.can_undo;
    redo.disabled = !this.page?.can_redo;
    const held = button("hold", t("holdOriginal"), "◑", null);
    held.addEventListener("pointerdown", () => this.hold(true));
    for (const name of ["pointerup", "pointerleave"]) held.addEventListener(name, () => this.hold(false));
    const row = el("div", { className: "buttons" }, undo, redo, held,
      button("fit", t("fit"), "▣", () => this.viewer.fit()), button("actual", t("actual"), "1:1", () => this.viewer.actual()));
    this.side.replaceChildren(row, this.tools.element({ draw: (operation) => this.draw(operation), denoise: () => this.panel.denoise() }), this.panel.element);
    this.viewer.canvas.dataset.tool = this.tools.name;
    // Marks would hide what they have done, except where they are drawn.
    this.viewer.shows = { hints: this.tools.stage === "color", masks: this.tools.stage === "inpaint" };
    this.viewer.draw();
  }

  async turn(number) {
    if (number < 0 || number >= this.project.pages.length) return;
    this.strip.select(number);
    const path = pagePath(this.project.id, number);
    const loaded = await told(async () => Promise.all([get(path), bitmap(`${path}/original`)]));
    if (!loaded) return;
    this.shown = "";
    this.viewer.setPage(loaded[0], loaded[1]);
    this.setPage(loaded[0]);
    this.panel.showRun();
    if (loaded[0].last && !this.made(loaded[0])) await this.preview();
  }

  // The page after its last stage, with the edits and settings of now; undefined until it is made.
  made(page) {
    const revision = page.last && page.results[page.last];
    return revision && `${path(this.project, page)}/result?stage=${page.last}&revision=${revision}`;
  }

  setPage(page) {
    this.page = this.viewer.page = page;
    this.showTools();
    this.showResult();
    this.viewer.draw();
  }

  async showResult() {
    const address = this.made(this.page);
    const isSeen = address ? address === this.shown && this.viewer.result : !this.page.last;
    document.body.dataset.busy = isSeen && !this.waiting ? "0" : "1";
    if (!address || address === this.shown) return;
    this.shown = address;
    const result = await told(() => bitmap(address));
    // Meanwhile the page may have been turned, or edited again.
    if (this.shown !== address) return;
    this.viewer.setResult(result || null);
    if (!this.waiting) document.body.dataset.busy = "0";
  }

  async reload() {
    const page = await told(() => get(path(this.project, this.page)));
    if (!page) return;
    this.setPage(page);
    if (page.last && !this.made(page)) await this.preview();
  }

  async preview() {
    document.body.dataset.busy = "1";
    await told(() => send("POST", `${path(this.project, this.page)}/preview`));
  }

  drawn(places, pressure, moved) {
    if (this.tools.name === "dropper") {
      this.tools.color = this.viewer.colorAt(places[0]);
      this.showTools();
      return;
    }
    const operation = this.tools.operation(moved ? places : places.slice(0, 1), pressure);
    if (operation) this.draw(operation);
  }

  async draw(operation) {
    // Seen at once; the answer has the same.
    this.page.operations.push(operation);
    this.viewer.draw();
    const address = `${path(this.project, this.page)}/operations`;
    await this.edited(() => send("POST", address, operation));
  }

  async change(way) {
    const address = `${path(this.project, this.page)}/${way}`;
    await this.edited(() => send("POST", address));
  }

  // One edit after the other: the server must get them in the order in which they were made.
  edited(work) {
    document.body.dataset.busy = "1";
    this.waiting += 1;
    this.last = this.last.then(async () => {
      const page = await told(work);
      this.waiting -= 1;
      if (!page) await this.reload();
      else if (page.number === this.page.number && !this.waiting) this.setPage(page);
    });
    return this.last;
  }

  hold(held) {
    this.viewer.held = held;
    this.viewer.draw();
  }

  receive(event) {
    if (event.project !== this.project.id) return;
    if (event.kind === "run") this.panel.setRun(event.run);
    if (event.kind !== "page") return;
    this.project.pages[event.page.number] = event.page;
    this.strip.update(event.page);
    if (event.page.number !== this.page?.number) return;
    if (event.page.state === "failed") {
      document.body.dataset.busy = "0";
      notice(event.page.reason);
    } else if (event.page.state !== "running") {
      Object.assign(this.page, { results: event.results, last: event.last });
      this.showResult();
    }
  }

  key(event) {
    if (event.target.matches("input[type=text], select")) return;
    const control = event.ctrlKey || event.metaKey;
    const turn = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const isRange = event.target.matches("input[type=range]");
    if (control && event.key.toLowerCase() === "z") this.change(event.shiftKey ? "redo" : "undo");
    else if (control || event.altKey) return;
    else if (turn && !isRange) this.turn(this.page.number + turn * (this.project.settings.reading === "rtl" ? -1 : 1));
    else if (event.key === "[" || event.key === "]") this.tools.resize(event.key === "]" ? 1.25 : 0.8);
    else if (event.key.toLowerCase() === "o") this.hold(true);
    else if (event.key === " " && !event.target.matches("button, summary")) this.pointer.space = true;
    else if (!this.tools.key(event.key.toLowerCase())) return;
    event.preventDefault();
  }

  keyUp(event) {
    if (event.key.toLowerCase() === "o") this.hold(false);
    if (event.key === " ") this.pointer.space = false;
  }
}

function path(project, page) {
  return pagePath(project.id, page.number);
}

export async function openProject(main, id) {
  const [state, project] = await Promise.all([get("/api/state"), get(projectPath(id))]);
  const screen = new ProjectScreen(main, state, project);
  await screen.start();
  return screen;
}
