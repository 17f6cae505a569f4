// A sheet of paper to draw on, by hand, pen or keys.
import { byId } from "./dom.js";
import { get } from "./service.js";

const PEN = 0.075; // width of a line, of the side
const STEP = 12; // pixels of an arrow key
const REST = 450; // milliseconds after a line, until it is asked what it shows

export function startPen(onDrawn) {
  const pad = byId("pad"), paint = pad.getContext("2d");
  const lines = []; // each a list of points
  const cursor = { x: pad.width / 2, y: pad.height / 2, isDown: false, isShown: false };
  let rest = 0;

  function colours() {
    return byId("chalk").checked ? ["#000", "#fff"] : ["#fff", "#000"];
  }

  function draw(isClean) {
    const [paper, ink] = colours();
    paint.fillStyle = paper;
    paint.fillRect(0, 0, pad.width, pad.height);
    paint.strokeStyle = ink;
    paint.lineWidth = PEN * pad.width;
    paint.lineCap = paint.lineJoin = "round";
    for (const line of lines) {
      paint.beginPath();
      paint.moveTo(line[0].x, line[0].y);
      for (const point of line) paint.lineTo(point.x, point.y);
      paint.stroke();
    }
    if (cursor.isShown && !isClean) {
      paint.strokeStyle = "#c4500a";
      paint.lineWidth = 4;
      paint.beginPath();
      paint.arc(cursor.x, cursor.y, cursor.isDown ? 8 : 14, 0, 7);
      paint.stroke();
    }
    byId("pad-hint").hidden = lines.length > 0 || cursor.isShown;
    if (!lines.length) byId("pad-answer").textContent = "";
    byId("undo").disabled = byId("wipe").disabled = !lines.length;
  }

  function done() {
    clearTimeout(rest);
    if (lines.length) rest = setTimeout(ask, REST);
  }

  function ask() {
    clearTimeout(rest);
    if (!lines.length) return;
    draw(true);
    pad.toBlob((blob) => onDrawn(new File([blob], "drawing.png", { type: "image/png" })), "image/png");
    draw();
  }

  function place(event) {
    const box = pad.getBoundingClientRect();
    return { x: ((event.clientX - box.left) / box.width) * pad.width, y: ((event.clientY - box.top) / box.height) * pad.height };
  }

  let drawing = null;
  pad.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    pad.setPointerCapture(event.pointerId);
    clearTimeout(rest);
    cursor.isShown = cursor.isDown = false;
    drawing = event.pointerId;
    lines.push([place(event)]);
    draw();
  });
  pad.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drawing) return;
    const points = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    lines[lines.length - 1].push(...(points.length ? points : [event]).map(place));
    draw();
  });
  for (const name of ["pointerup", "pointercancel"])
    pad.addEventListener(name, (event) => {
      if (event.pointerId !== drawing) return;
      drawing = null;
      done();
    });

  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  pad.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (moves[event.key]) {
      const [right, down] = moves[event.key];
      cursor.x = Math.min(pad.width, Math.max(0, cursor.x + STEP * right));
      cursor.y = Math.min(pad.height, Math.max(0, cursor.y + STEP * down));
      if (cursor.isDown) lines[lines.length - 1].push({ x: cursor.x, y: cursor.y });
    } else if (event.key === " ") {
      cursor.isDown = !cursor.isDown;
      if (cursor.isDown) lines.push([{ x: cursor.x, y: cursor.y }]);
      else done();
    } else if (event.key === "Enter") ask();
    else return;
    event.preventDefault();
    cursor.isShown = true;
    draw();
  });
  pad.addEventListener("blur", () => {
    cursor.isShown = cursor.isDown = false;
    draw();
  });

  byId("undo").addEventListener("click", () => {
    drawing = null;
    lines.pop();
    draw();
    done();
  });
  byId("wipe").addEventListener("click", () => {
    drawing = null;
    lines.length = 0;
    clearTimeout(rest);
    draw();
    onDrawn(null);
  });
  byId("chalk").addEventListener("change", () => {
    draw();
    done();
  });
  draw();
}

// Draw as the pictures are that the model knows, where it takes them as they come.
export async function choosePaper(image) {
  if (image.invert !== "no") return;
  const kept = await get("/models").catch(() => null);
  if (!kept || !kept.models[0].made_at) return; // a service that keeps nothing has no pictures
  const told = await get("/pictures?source=table&most=16").catch(() => null);
  const levels = told ? await Promise.all(told.pictures.map((each) => borderLevel(each.picture))) : [];
  const dark = levels.filter((level) => level < 96).length;
  if (levels.length && dark > levels.length / 2) {
    byId("chalk").checked = true;
    byId("chalk").dispatchEvent(new Event("change"));
  }
}

// Return the mean level along the border of a picture.
async function borderLevel(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const side = 16, canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const paint = canvas.getContext("2d", { willReadFrequently: true });
  paint.drawImage(image, 0, 0, side, side);
  const levels = paint.getImageData(0, 0, side, side).data;
  let sum = 0, n = 0;
  for (let i = 0; i < side * side; i++) {
    const row = Math.floor(i / side), column = i % side;
    if (row && column && row < side - 1 && column < side - 1) continue;
    sum += levels[4 * i] + levels[4 * i + 1] + levels[4 * i + 2];
    n += 3;
  }
  return sum / n;
}
