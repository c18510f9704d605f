// The pages of a volume: thumbnails that are loaded when they are seen, with the state of each page.

import { pagePath } from "./api.js";
import { el } from "./dom.js";
import { t } from "./strings.js";

const SIGNS = { todo: "", running: "…", waiting: "…", done: "✓", color: "◐", failed: "!" };

export class Strip {
  constructor(project, turn) {
    this.project = project;
    this.items = new Map();
    this.seen = new IntersectionObserver((entries) => entries.forEach((entry) => this.load(entry)), { rootMargin: "300px" });
    this.element = el("nav", { className: `strip ${project.settings.reading}`, "aria-label": t("strip") });
    for (const page of project.pages) {
      const picture = el("img", { alt: "", width: 72, height: 104 });
      const button = el("button", { className: "page-thumb", data: { number: page.number }, onclick: () => turn(page.number) },
        picture, el("span", { className: "state" }));
      this.items.set(page.number, { button, picture });
      this.element.append(button);
      this.seen.observe(button);
      this.update(page);
    }
  }

  load(entry) {
    const number = Number(entry.target.dataset.number);
    if (!entry.isIntersecting) return;
    this.seen.unobserve(entry.target);
    this.items.get(number).seen = true;
    this.picture(number);
  }

  // The address changes with the page, so that the browser loads it again.
  picture(number) {
    const item = this.items.get(number);
    const address = `${pagePath(this.project.id, number)}/thumbnail?of=${item.revision}-${item.state}`;
    if (item.seen && item.picture.dataset.of !== address) {
      item.picture.dataset.of = address;
      item.picture.src = address;
    }
  }

  update(page) {
    const item = this.items.get(page.number);
    Object.assign(item, { revision: page.revision, state: page.state });
    const state = t(page.state) + (page.edited ? `, ${t("edited")}` : "");
    item.button.dataset.state = page.state;
    item.button.title = page.reason || state;
    item.button.setAttribute("aria-label", t("page", { number: page.number + 1, name: page.name, state }));
    item.button.querySelector(".state").textContent = `${page.number + 1} ${SIGNS[page.state]}${page.edited ? " ✎" : ""}`;
    if (page.state !== "running") this.picture(page.number);
  }

  select(number) {
    for (const [other, { button }] of this.items) button.setAttribute("aria-current", other === number ? "page" : "false");
    this.items.get(number).button.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}
