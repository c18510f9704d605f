// Operations drawn over a page at once, before the server has made anything of them.

const MASK = "#e0218a";
const WHITE = "#3aa0ff";

export function drawMarks(context, page, layer, shows) {
  for (const operation of page.operations) if (operation.kind in HINTS && shows.hints) HINTS[operation.kind](context, operation);
  if (shows.masks) {
    drawMask(context, page, layer, "mask", MASK);
    drawMask(context, page, layer, "white", WHITE);
  }
}

// What is drawn with the pointer right now.
export function drawDraft(context, draft) {
  context.save();
  context.globalAlpha = 0.6;
  context.strokeStyle = context.fillStyle = draft.color || MASK;
  if (draft.outline) polygon(context, draft.outline, true);
  else stroke(context, draft.path, draft.width);
  context.restore();
}

const HINTS = {
  point: (context, operation) => dot(context, operation.at, operation.color, 6),
  flood: (context, operation) => dot(context, operation.at, operation.color, 9),
  stroke(context, operation) {
    context.strokeStyle = context.fillStyle = operation.color;
    stroke(context, operation.path, operation.width);
  },
  region(context, operation) {
    context.save();
    context.globalAlpha = 0.35;
    context.fillStyle = context.strokeStyle = operation.color;
    polygon(context, operation.outline, false);
    context.restore();
  },
};

function dot(context, [x, y], color, radius) {
  const scale = Math.hypot(context.getTransform().a, context.getTransform().b);
  context.beginPath();
  context.arc(x + 0.5, y + 0.5, radius / scale, 0, 2 * Math.PI);
  context.fillStyle = color;
  context.fill();
  context.lineWidth = 2 / scale;
  context.strokeStyle = "#fff";
  context.stroke();
}

function stroke(context, path, width) {
  context.lineWidth = width;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  context.moveTo(...path[0]);
  for (const place of path) context.lineTo(...place);
  context.stroke();
}

function polygon(context, outline, open) {
  context.beginPath();
  context.moveTo(...outline[0]);
  for (const place of outline) context.lineTo(...place);
  if (open) {
    context.lineWidth = 2 / Math.hypot(context.getTransform().a, context.getTransform().b);
    context.stroke();
  } else {
    context.fill();
  }
}

// Masks are drawn on a layer of their own: what is erased must not erase the page.
function drawMask(context, page, layer, kind, color) {
  const operations = page.operations.filter((operation) => operation.kind === kind);
  if (!operations.length) return;
  layer.width = page.width;
  layer.height = page.height;
  const mask = layer.getContext("2d");
  mask.fillStyle = mask.strokeStyle = color;
  for (const operation of operations) change(mask, operation, page);
  context.save();
  context.globalAlpha = 0.45;
  context.drawImage(layer, 0, 0);
  context.restore();
}

function change(mask, operation, page) {
  mask.globalCompositeOperation = operation.erase ? "destination-out" : "source-over";
  if (operation.shape === "stroke") stroke(mask, operation.path, operation.width);
  else if (operation.shape === "polygon") polygon(mask, operation.outline, false);
  else if (operation.shape === "clear") mask.clearRect(0, 0, page.width, page.height);
  else if (operation.shape === "invert") {
    mask.globalCompositeOperation = "xor";
    mask.fillRect(0, 0, page.width, page.height);
  } else if (operation.by > 0) grow(mask, operation.by, page);
}

// A circle of shifted copies: near enough to see; the server grows the mask exactly.
function grow(mask, by, page) {
  const copy = new OffscreenCanvas(page.width, page.height);
  copy.getContext("2d").drawImage(mask.canvas, 0, 0);
  for (let step = 0; step < 16; step += 1) {
    const angle = (step * Math.PI) / 8;
    mask.drawImage(copy, by * Math.cos(angle), by * Math.sin(angle));
  }
}
