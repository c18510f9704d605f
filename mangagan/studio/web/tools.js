// The tools: what a drawn line becomes, and the controls of each stage.

import { check, el } from "./dom.js";
import { t } from "./strings.js";

const rectangle = (places) => {
  const [[left, top], [right, bottom]] = [places[0], places.at(-1)];
  return [[left, top], [right, top], [right, bottom], [left, bottom]];
};
const path = (key) => (tools, places, width) => ({ path: places, width, color: key === "color" ? tools.color : undefined });
const outline = (shape) => (tools, places) => ({ outline: shape(places), color: tools.stage === "color" ? tools.color : undefined });
const all = (places) => places;
const nothing = () => null;

// By stage and tool: its key and sign, what is shown while it is drawn, and the operation that it becomes.
const STAGES = {
  color: {
    pan: ["", "↔", nothing, nothing],
    point: ["", "●", path("color"), (tools, places) => ({ kind: "point", at: places[0], color: tools.color })],
    stroke: ["b", "✎", path("color"), (tools, places, width) => ({ kind: "stroke", path: places, color: tools.color, width })],
    region: ["", "⬠", outline(all), (tools, places) => ({ kind: "region", outline: places, color: tools.color })],
    flood: ["", "▧", nothing, (tools, places) => ({ kind: "flood", at: places[0], color: tools.color })],
    dropper: ["", "⊙", nothing, nothing],
  },
  inpaint: {
    pan: ["", "↔", nothing, nothing],
    brush: ["b", "✎", path("mask"), (tools, places, width) => mask(tools, { shape: "stroke", path: places, width, erase: false })],
    eraser: ["e", "⌫", path("mask"), (tools, places, width) => mask(tools, { shape: "stroke", path: places, width, erase: true })],
    lasso: ["", "⬠", outline(all), (tools, places) => mask(tools, { shape: "polygon", outline: places, erase: false })],
    rect: ["", "▭", outline(rectangle), (tools, places) => mask(tools, { shape: "polygon", outline: rectangle(places), erase: false })],
  },
  denoise: { pan: ["", "↔", nothing, nothing] },
  restore: {
    pan: ["", "↔", nothing, nothing],
    restore: ["b", "↺", path("restore"), (tools, places, width) => ({ kind: "restore", path: places, width, softness: tools.softness })],
  },
};
const FEWEST = { region: 3, lasso: 3, rect: 2 };

function mask(tools, values) {
  return { kind: tools.white ? "white" : "mask", ...values };
}

export class Tools {
  constructor(state, changed) {
    Object.assign(this, { state, changed, stage: "color", name: "pan", color: "#d8453e", size: 24, softness: 0.3, white: !state.models.inpaint });
    this.names = { color: "point", inpaint: "brush", denoise: "pan", restore: "restore" };
    this.name = state.takes.hints ? "point" : "pan";
  }

  choose(stage, name) {
    this.names[stage] = name;
    Object.assign(this, { stage, name });
    this.changed();
  }

  draft(places, pressure) {
    return STAGES[this.stage][this.name][2](this, places, this.width(pressure));
  }

  width(pressure) {
    return Math.max(1, Math.round(this.size * pressure));
  }

  // The operation that a drawn line becomes, or null: too short for its tool.
  operation(places, pressure) {
    if (places.length < (FEWEST[this.name] || 1)) return null;
    return STAGES[this.stage][this.name][3](this, places, this.width(pressure));
  }

  // The letter of a key chooses a tool of the stage.
  key(letter) {
    const found = Object.entries(STAGES[this.stage]).find(([, [key]]) => key === letter);
    if (found) this.choose(this.stage, found[0]);
    return Boolean(found);
  }

  resize(factor) {
    this.size = Math.min(400, Math.max(2, Math.round(this.size * factor)));
    this.changed();
  }

  // The tabs, the tools of a stage and their values.
  element(actions) {
    const tab = ([stage, label]) => el("button", {
      role: "tab", data: { stage }, "aria-selected": String(stage === this.stage), onclick: () => this.choose(stage, this.names[stage]),
    }, label);
    const tabs = [["color", t("stageColor")], ["inpaint", t("stageInpaint")], ["denoise", t("stageDenoise")], ["restore", t("stageRestore")]];
    return el("section", { className: "tools", "aria-label": t("tools") },
      el("div", { role: "tablist", className: "tabs" }, ...tabs.map(tab)),
      el("div", { className: "buttons" }, ...Object.entries(STAGES[this.stage]).map((entry) => this.button(entry))),
      ...this.values(actions).filter(Boolean));
  }

  button([name, [key, sign]]) {
    const label = t(name) + (key ? ` (${key.toUpperCase()})` : "");
    return el("button", {
      data: { tool: name }, title: label, "aria-label": label, "aria-pressed": String(name === this.name),
      disabled: this.stage === "color" && name !== "pan" && name !== "dropper" && !this.state.takes.hints,
      onclick: () => this.choose(this.stage, name),
    }, sign);
  }

  values(actions) {
    const found = [];
    if (this.stage === "color" && !this.state.takes.hints) found.push(el("p", {}, t("noHints")));
    if (this.stage === "color") found.push(this.colorField());
    if (this.stage === "inpaint") found.push(...this.maskFields(actions));
    if (this.stage === "denoise") found.push(...actions.denoise());
    if (["stroke", "brush", "eraser", "restore"].includes(this.name)) found.push(this.slider(t("size"), "size", 2, 400));
    if (this.name === "restore") found.push(this.slider(t("softness"), "softness", 0, 1, 0.05));
    return found;
  }

  colorField() {
    const input = el("input", { type: "color", id: "color", value: this.color, oninput: () => { this.color = input.value; } });
    return el("label", { className: "field" }, el("span", {}, t("colorOf")), input);
  }

  maskFields(actions) {
    const button = (label, operation) => el("button", { onclick: () => actions.draw(mask(this, operation)) }, label);
    return [
      this.state.models.inpaint ? null : el("p", {}, t("noInpaint")),
      check(t("white"), this.white, (on) => { this.white = on; }),
      el("div", { className: "row" },
        button(t("clear"), { shape: "clear" }), button(t("invert"), { shape: "invert" }), button(t("grow"), { shape: "grow", by: 4 })),
    ];
  }

  slider(label, key, min, max, step = 1) {
    const input = el("input", { type: "range", min, max, step, value: this[key], oninput: () => { this[key] = Number(input.value); } });
    return el("label", { className: "field" }, el("span", {}, label), input);
  }
}

