"use strict";
// Two versions of a page under a slider, and all of them beside it.
(() => {
  const get = (id) => document.getElementById(id);
  const pages = JSON.parse(get("kept").textContent);
  const [page, slider, stage] = [get("page"), get("slider"), get("stage")];
  const sides = ["left", "right"].map((name) => ({
    choice: get(name), picture: get(`${name}-picture`), name: get(`${name}-name`),
  }));

  const views = () => pages[page.value].views;

  function slide() {
    const [left, right] = sides.map((side) => side.name.textContent);
    const share = Math.round(slider.value);
    stage.style.setProperty("--at", `${slider.value}%`);
    slider.setAttribute("aria-valuetext", `${share} % ${left}, ${100 - share} % ${right}`);
  }

  function lay() {
    for (const side of sides) {
      const view = views()[side.choice.value];
      side.picture.src = view.source;
      side.picture.alt = `${view.label} of ${pages[page.value].title}`;
      side.name.textContent = view.label;
    }
    for (const [place, button] of [...get("versions").children].entries())
      button.setAttribute("aria-pressed", String(place === Number(sides[1].choice.value)));
    slide();
  }

  // What was chosen stays chosen where the next page has it, too.
  function choose(side, fallback) {
    const before = side.choice.selectedOptions[0]?.textContent;
    side.choice.replaceChildren(...views().map((view, place) => new Option(view.label, place)));
    const again = views().findIndex((view) => view.label === before);
    side.choice.value = again < 0 ? fallback : again;
  }

  function version(view, place) {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    const picture = Object.assign(new Image(), { src: view.source, alt: "" });
    const label = document.createElement("span");
    const note = Object.assign(document.createElement("small"), { textContent: view.note });
    if (view.style)
      label.append(Object.assign(document.createElement("span"), { className: `dot ${view.style}` }));
    // A narrow column breaks a name behind its own marks, not inside a word.
    label.append(view.label.replace(/[_/-]/g, "$&\u200b"), note);
    button.append(picture, label);
    button.addEventListener("click", () => { sides[1].choice.value = place; lay(); });
    return button;
  }

  function open() {
    const { width, height } = pages[page.value];
    stage.style.setProperty("--ratio", `${width / height}`);
    get("versions").replaceChildren(...views().map(version));
    choose(sides[0], 0);
    choose(sides[1], Math.min(1, views().length - 1));
    lay();
  }

  function turn(by) {
    page.value = (Number(page.value) + by + pages.length) % pages.length;
    open();
  }

  page.replaceChildren(...pages.map((one, place) => new Option(`${place + 1}. ${one.title}`, place)));
  page.addEventListener("change", open);
  get("before").addEventListener("click", () => turn(-1));
  get("after").addEventListener("click", () => turn(1));
  slider.addEventListener("input", slide);
  for (const side of sides) side.choice.addEventListener("change", lay);
  open();
})();
