"use strict";
// The viewer: two versions of a page under a slider, and all versions beside it.
(() => {
  const get = (id) => document.getElementById(id);
  const pages = JSON.parse(get("pages-data").textContent);
  const [page, slider, stage] = [get("page"), get("slider"), get("stage")];
  const sides = ["left", "right"].map((name) => ({
    choice: get(name), picture: get(`${name}-picture`), name: get(`${name}-name`),
  }));

  const versions = () => pages[page.value].versions;

  // Shows the left picture up to the slider, and says so to screen readers.
  function updateSlider() {
    const [left, right] = sides.map((side) => side.name.textContent);
    const share = Math.round(slider.value);
    stage.style.setProperty("--at", `${slider.value}%`);
    slider.setAttribute("aria-valuetext", `${share} % ${left}, ${100 - share} % ${right}`);
  }

  function showPictures() {
    for (const side of sides) {
      const version = versions()[side.choice.value];
      side.picture.src = version.source;
      side.picture.alt = `${version.label} of ${pages[page.value].title}`;
      side.name.textContent = version.label;
    }
    for (const [index, button] of [...get("versions").children].entries())
      button.setAttribute("aria-pressed", String(index === Number(sides[1].choice.value)));
    updateSlider();
  }

  // Lists the versions of the page; the version that was chosen stays chosen if this page has it.
  function listVersions(side, fallback) {
    const chosen = side.choice.selectedOptions[0]?.textContent;
    side.choice.replaceChildren(...versions().map((version, index) => new Option(version.label, index)));
    const index = versions().findIndex((version) => version.label === chosen);
    side.choice.value = index < 0 ? fallback : index;
  }

  function versionButton(version, index) {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    const picture = Object.assign(new Image(), { src: version.source, alt: "" });
    const label = document.createElement("span");
    const note = Object.assign(document.createElement("small"), { textContent: version.note });
    if (version.style)
      label.append(Object.assign(document.createElement("span"), { className: `dot ${version.style}` }));
    // A narrow column breaks a name after _, / and -, not inside a word.
    label.append(version.label.replace(/[_/-]/g, "$&\u200b"), note);
    button.append(picture, label);
    button.addEventListener("click", () => { sides[1].choice.value = index; showPictures(); });
    return button;
  }

  function openPage() {
    const { width, height } = pages[page.value];
    stage.style.setProperty("--ratio", `${width / height}`);
    get("versions").replaceChildren(...versions().map(versionButton));
    listVersions(sides[0], 0);
    listVersions(sides[1], Math.min(1, versions().length - 1));
    showPictures();
  }

  function turnPage(by) {
    page.value = (Number(page.value) + by + pages.length) % pages.length;
    openPage();
  }

  page.replaceChildren(...pages.map(({ title }, index) => new Option(`${index + 1}. ${title}`, index)));
  page.addEventListener("change", openPage);
  get("before").addEventListener("click", () => turnPage(-1));
  get("after").addEventListener("click", () => turnPage(1));
  slider.addEventListener("input", updateSlider);
  for (const side of sides) side.choice.addEventListener("change", showPictures);
  openPage();
})();
