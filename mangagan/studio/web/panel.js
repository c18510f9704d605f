// How pages are made, and the run of the volume.

import { get, projectPath, send } from "./api.js";
import { check, choice, el, told } from "./dom.js";
import { t } from "./strings.js";

export class Panel {
  constructor(state, project, actions) {
    Object.assign(this, { state, project, actions });
    this.run = el("section", { className: "run" });
    this.element = el("div", { className: "panel" });
    this.pauseAfter = "";
  }

  show() {
    const settings = this.project.settings;
    this.element.replaceChildren(
      this.run,
      el("details", { open: true }, el("summary", {}, t("palette")), this.palette(settings), this.swatches()),
      el("details", {}, el("summary", {}, t("settings")),
        check(t("inpaintOn"), settings.stages.inpaint, (on) => this.change({ stages: { inpaint: on } })),
        check(t("colorOn"), settings.stages.color, (on) => this.change({ stages: { color: on } })),
        check(t("ink"), settings.ink, (on) => this.change({ ink: on })),
        check(t("protect"), settings.protect, (on) => this.change({ protect: on })),
        choice(t("workingSize"), String(settings.size || ""), [["", t("asLines")], ["512", "512"], ["768", "768"], ["1024", "1024"]],
          (value) => this.change({ size: value ? Number(value) : null })),
        choice(t("reading"), settings.reading, [["rtl", t("rtl")], ["ltr", t("ltr")]], (value) => this.change({ reading: value }))),
      el("details", { ontoggle: (event) => this.command(event.target) }, el("summary", {}, t("command"))),
      el("p", { className: "about" }, t("keys")));
    this.showRun();
  }

  async change(values) {
    const settings = await told(() => send("PUT", `${projectPath(this.project.id)}/settings`, values));
    if (!settings) return;
    this.project.settings = settings;
    this.show();
    this.actions.changed("reading" in values);
  }

  // Shown with the tools of its stage.
  denoise() {
    const settings = this.project.settings;
    if (!this.state.models.denoise) return [el("p", {}, t("noDenoise"))];
    return [check(t("denoiseOn"), settings.stages.denoise, (on) => this.change({ stages: { denoise: on } })), this.sigma(settings)];
  }

  palette(settings) {
    const known = Array.isArray(settings.palette) ? "swatches" : settings.palette;
    const options = [["auto", t("auto")], ["none", t("noPalette")], ["page", t("fromPage")]];
    if (this.project.swatches.length || known === "swatches") options.push(["swatches", t("fromSwatches")]);
    if (known.startsWith("page:")) options.push([known, known.slice(5)]);
    const value = () => ({ page: `page:${this.actions.page().name}`, swatches: this.project.swatches.map((swatch) => swatch.color) });
    const field = choice(t("palette"), known, options, (key) => this.change({ palette: value()[key] || key }));
    field.querySelector("select").disabled = !this.state.takes.palette;
    return field;
  }

  sigma(settings) {
    if (!this.state.takes.sigma) return el("p", {}, t("blind"));
    const input = el("input", { type: "range", min: 0, max: 75, value: settings.sigma || 0, onchange: () => this.change({ sigma: Number(input.value) }) });
    return el("label", { className: "field" }, el("span", {}, t("sigma")), input);
  }

  swatches() {
    const name = el("input", { type: "text", maxLength: 60, placeholder: t("swatchName"), "aria-label": t("swatchName") });
    const add = () => this.put([...this.project.swatches, { name: name.value || this.actions.color(), color: this.actions.color(), locked: false }]);
    return el("div", {}, el("ul", { className: "swatches", "aria-label": t("swatches") }, ...this.project.swatches.map((swatch, index) => this.swatch(swatch, index))),
      el("div", { className: "row" }, name, el("button", { id: "add-swatch", onclick: add }, t("addSwatch"))));
  }

  swatch(swatch, index) {
    const others = this.project.swatches;
    const color = el("button", { className: "color", "aria-label": swatch.name, title: swatch.name, onclick: () => this.actions.setColor(swatch.color) });
    color.style.background = swatch.color;
    return el("li", {}, color, el("span", {}, swatch.name),
      check(t("lock"), swatch.locked, (locked) => this.put(others.map((other, place) => (place === index ? { ...swatch, locked } : other)))),
      swatch.locked ? null : el("button", { className: "quiet", "aria-label": `${t("remove")}: ${swatch.name}`, onclick: () => this.put(others.filter((_, place) => place !== index)) }, "×"));
  }

  async put(swatches) {
    const found = await told(() => send("PUT", `${projectPath(this.project.id)}/swatches`, swatches));
    if (!found) return;
    this.project.swatches = found;
    this.show();
  }

  async command(details) {
    if (!details.open || details.querySelector("pre")) return;
    const answer = await told(() => get(`${projectPath(this.project.id)}/command`));
    if (!answer) return;
    details.append(el("pre", {}, answer.command), el("button", { onclick: () => navigator.clipboard.writeText(answer.command) }, t("copy")));
  }

  showRun() {
    const run = this.project.run;
    const isRunning = run.state === "running";
    const canResume = run.state === "paused";
    const address = projectPath(this.project.id);
    const act = (path, body) => async () => {
      const found = await told(() => send("POST", `${address}/${path}`, body()));
      if (found) this.setRun(found);
    };
    const start = act("run", () => ({ pages: null, pause_after: Number(this.pauseAfter) || null }));
    const counts = [["", t("allPages")], ...[1, 3, 5, 10].map((count) => [String(count), t("nPages", { count })])];
    this.run.replaceChildren(
      el("div", { className: "row" },
        el("button", { id: "run", className: "main", disabled: isRunning || canResume, onclick: start }, t("run")),
        el("button", { id: "pause", disabled: !isRunning, onclick: act("pause", () => ({})) }, t("pause")),
        el("button", { id: "resume", disabled: !canResume, onclick: act("resume", () => ({})) }, t("resume"))),
      choice(t("pauseAfter"), this.pauseAfter, counts, (value) => { this.pauseAfter = value; }),
      el("progress", { max: Math.max(1, run.total), value: run.done, "aria-label": t("progress", run) }),
      el("p", { role: "status", id: "run-state", data: { state: run.state } }, this.words(run)),
      el("div", { className: "row" },
        el("button", { id: "make-page", onclick: () => this.actions.preview() }, t("runPage")),
        el("a", { className: "button", id: "export-page", href: `${address}/export?form=page&number=${this.actions.page().number}`, download: "" }, t("exportPage")),
        el("a", { className: "button", id: "export-layers", href: `${address}/export?form=layers&number=${this.actions.page().number}`, download: "" }, t("exportLayers")),
        run.state === "finished" ? el("a", { className: "button", id: "export", href: `${address}/export?form=cbz`, download: "" }, t("export")) : null));
  }

  words(run) {
    if (run.state === "idle") return "";
    const words = [t("progress", run)];
    if (run.state === "running" && run.seconds_left !== null) words.push(t("left", { seconds: Math.ceil(run.seconds_left) }));
    if (run.state === "paused" || run.state === "finished") words.push(t(run.state));
    if (run.state === "failed") words.push(t("runFailed", { reason: run.reason }));
    return words.join(", ");
  }

  setRun(run) {
    this.project.run = run;
    this.showRun();
  }
}

