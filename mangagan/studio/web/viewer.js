// The page on a canvas: the original and its result with a slider between them, zoom, and what is drawn on it.

import { el } from "./dom.js";
import { drawDraft, drawMarks } from "./marks.js";
import { t } from "./strings.js";

const LARGEST = 16;

export class Viewer {
  constructor() {
    this.canvas = el("canvas", { tabIndex: 0, "aria-label": t("compare") });
    this.slider = el("input", {
      type: "range", id: "compare", min: 0, max: 1000, value: 0, "aria-label": t("compare"), oninput: () => this.draw(),
    });
    this.element = el("div", { id: "viewer" }, this.canvas, this.slider);
    this.layer = document.createElement("canvas");
    this.shows = { hints: true, masks: true };
    this.view = { scale: 1, x: 0, y: 0 };
    this.held = false;
    this.page = this.original = this.result = this.draft = null;
    new ResizeObserver(() => this.resize()).observe(this.element);
  }

  setPage(page, original) {
    Object.assign(this, { page, original, result: null, draft: null });
    this.fit();
  }

  setResult(result) {
    this.result = result;
    this.draw();
  }

  resize() {
    const box = this.canvas.getBoundingClientRect();
    const ratio = devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(box.width * ratio));
    this.canvas.height = Math.max(1, Math.round(box.height * ratio));
    this.fit();
  }

  fit() {
    if (!this.page) return;
    const { width, height } = this.canvas;
    const scale = Math.min(width / this.page.width, height / this.page.height);
    this.view = { scale, x: (width - scale * this.page.width) / 2, y: (height - scale * this.page.height) / 2 };
    this.draw();
  }

  // About a place of the canvas, in its own pixels.
  zoom(factor, x = this.canvas.width / 2, y = this.canvas.height / 2) {
    const scale = Math.min(LARGEST, Math.max(0.02, this.view.scale * factor));
    const change = scale / this.view.scale;
    this.view = { scale, x: x - change * (x - this.view.x), y: y - change * (y - this.view.y) };
    this.draw();
  }

  pan(x, y) {
    this.view.x += x * (devicePixelRatio || 1);
    this.view.y += y * (devicePixelRatio || 1);
    this.draw();
  }

  actual() {
    this.zoom(1 / this.view.scale);
  }

  toPage(clientX, clientY) {
    const box = this.canvas.getBoundingClientRect();
    const ratio = this.canvas.width / box.width;
    const place = [((clientX - box.left) * ratio - this.view.x) / this.view.scale, ((clientY - box.top) * ratio - this.view.y) / this.view.scale];
    return place.map((value) => Math.round(10 * value) / 10);
  }

  toClient(x, y) {
    const box = this.canvas.getBoundingClientRect();
    const ratio = this.canvas.width / box.width;
    return [box.left + (x * this.view.scale + this.view.x) / ratio, box.top + (y * this.view.scale + this.view.y) / ratio];
  }

  isOnPage([x, y]) {
    return x >= 0 && y >= 0 && x < this.page.width && y < this.page.height;
  }

  // The colour that is seen at a place, as "#rrggbb".
  colorAt([x, y]) {
    const probe = new OffscreenCanvas(1, 1).getContext("2d");
    const shown = this.result && !this.isOriginalAt(x) ? this.result : this.original;
    probe.drawImage(shown, -Math.floor(x), -Math.floor(y));
    return `#${[...probe.getImageData(0, 0, 1, 1).data.slice(0, 3)].map((value) => value.toString(16).padStart(2, "0")).join("")}`;
  }

  isOriginalAt(x) {
    return this.held || x < (this.slider.value / 1000) * this.page.width;
  }

  draw() {
    if (this.waits) return;
    this.waits = requestAnimationFrame(() => { this.waits = 0; this.paint(); });
  }

  paint() {
    const context = this.canvas.getContext("2d");
    context.resetTransform();
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (!this.original) return;
    context.imageSmoothingEnabled = this.view.scale < 4;
    context.imageSmoothingQuality = "high";
    context.setTransform(this.view.scale, 0, 0, this.view.scale, this.view.x, this.view.y);
    context.drawImage(this.original, 0, 0);
    const split = this.held ? this.page.width : (this.slider.value / 1000) * this.page.width;
    if (this.result && split < this.page.width) {
      context.drawImage(this.result, split, 0, this.page.width - split, this.page.height, split, 0, this.page.width - split, this.page.height);
      if (split > 0) this.line(context, split);
    }
    if (!this.held) drawMarks(context, this.page, this.layer, this.shows);
    if (this.draft) drawDraft(context, this.draft);
  }

  line(context, x) {
    context.fillStyle = "#f3a03b";
    context.fillRect(x - 1 / this.view.scale, 0, 2 / this.view.scale, this.page.height);
  }
}
