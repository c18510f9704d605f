// Pointers on the page: mouse, pen and touch draw with the tool, or move and zoom the page.

const FARTHEST = 4; // pixels on the screen within which a press is a dot

export class Pointer {
  constructor(viewer, tool, finished) {
    Object.assign(this, { viewer, tool, finished, pointers: new Map(), space: false, drawing: null });
    const canvas = viewer.canvas;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => this.up(event));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  down(event) {
    if (!this.viewer.page) return;
    this.viewer.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
    // A second finger means that the page is moved and zoomed.
    if (this.pointers.size > 1 || this.space || event.button === 1 || this.tool().name === "pan") {
      this.drawing = this.viewer.draft = null;
      return;
    }
    const place = this.viewer.toPage(event.clientX, event.clientY);
    if (!this.viewer.isOnPage(place)) return;
    this.drawing = { places: [place], pressure: this.pressure(event), start: [event.clientX, event.clientY] };
    this.show();
  }

  // A mouse has no pressure; a pen presses half on average.
  pressure(event) {
    return event.pointerType === "pen" ? 2 * event.pressure : 1;
  }

  move(event) {
    const last = this.pointers.get(event.pointerId);
    if (!last) return;
    if (this.pointers.size > 1) this.pinch(event, last);
    else if (!this.drawing) this.viewer.pan(event.clientX - last[0], event.clientY - last[1]);
    else {
      for (const part of event.getCoalescedEvents?.() || [event]) this.drawing.places.push(this.viewer.toPage(part.clientX, part.clientY));
      this.drawing.pressure = Math.max(this.drawing.pressure, this.pressure(event));
      this.drawing.moved ||= Math.hypot(event.clientX - this.drawing.start[0], event.clientY - this.drawing.start[1]) > FARTHEST;
      this.show();
    }
    this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
  }

  pinch(event, last) {
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)[1];
    const before = Math.hypot(last[0] - other[0], last[1] - other[1]);
    const after = Math.hypot(event.clientX - other[0], event.clientY - other[1]);
    const box = this.viewer.canvas.getBoundingClientRect();
    const ratio = this.viewer.canvas.width / box.width;
    this.viewer.zoom(after / Math.max(1, before), (other[0] - box.left) * ratio, (other[1] - box.top) * ratio);
  }

  up(event) {
    this.pointers.delete(event.pointerId);
    const drawing = this.drawing;
    this.drawing = this.viewer.draft = null;
    if (drawing && event.type === "pointerup") this.finished(drawing.places, drawing.pressure, Boolean(drawing.moved));
    this.viewer.draw();
  }

  wheel(event) {
    event.preventDefault();
    // A touchpad moves with two fingers, and zooms where the browser reports Ctrl.
    if (!event.ctrlKey && event.deltaMode === 0 && (event.deltaX || Math.abs(event.deltaY) < 40)) {
      this.viewer.pan(-event.deltaX, -event.deltaY);
      return;
    }
    const box = this.viewer.canvas.getBoundingClientRect();
    const ratio = this.viewer.canvas.width / box.width;
    this.viewer.zoom(Math.exp(-event.deltaY / 400), (event.clientX - box.left) * ratio, (event.clientY - box.top) * ratio);
  }

  show() {
    this.viewer.draft = this.tool().draft(this.drawing.places, this.drawing.pressure);
    this.viewer.draw();
  }
}
