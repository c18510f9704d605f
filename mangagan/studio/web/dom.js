// Elements from calls: el("button", { id: "run", onclick }, "Run").

export function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "data") Object.assign(element.dataset, value);
    else if (key in element && key !== "list" && key !== "form") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function choice(label, value, options, change) {
  const select = el("select", { onchange: () => change(select.value) });
  for (const [key, text] of options) select.append(el("option", { value: key, selected: key === value }, text));
  return el("label", { className: "field" }, el("span", {}, label), select);
}

export function check(label, checked, change) {
  const box = el("input", { type: "checkbox", checked, onchange: () => change(box.checked) });
  return el("label", { className: "check" }, box, el("span", {}, label));
}

let timer = 0;
export function notice(text) {
  const bar = document.getElementById("notice");
  bar.textContent = text;
  bar.hidden = !text;
  clearTimeout(timer);
  timer = setTimeout(() => { bar.hidden = true; }, 8000);
}

// Runs what may be refused by the server, and shows why.
export async function told(work) {
  try {
    return await work();
  } catch (error) {
    notice(error.message);
    return undefined;
  }
}
