// Curves of a training, drawn as it goes on.
const SIZE = { width: 320, height: 170, left: 40, right: 8, top: 10, bottom: 24 };
const NAMESPACE = "http://www.w3.org/2000/svg";

// Return a figure of lines by epoch: [{name, kind, values}], of a quantity; noise is not stretched over it all.
export function curves(title, lines, nEpochs, leastSpan) {
  const shown = lines.filter((line) => line.values.some((value) => value !== null));
  const values = shown.flatMap((line) => line.values.filter((value) => value !== null));
  const figure = document.createElement("figure");
  if (values.length < 1) return figure;
  let low = Math.min(...values), high = Math.max(...values);
  const span = Math.max(high - low, leastSpan || 0.001);
  low = Math.min(low, high - span);
  const pad = 0.06 * (high - low);
  low -= pad;
  high += pad;
  const n = Math.max(2, nEpochs || 0, ...shown.map((line) => line.values.length));
  const x = (i) => SIZE.left + ((SIZE.width - SIZE.left - SIZE.right) * i) / (n - 1);
  const y = (value) => SIZE.top + ((SIZE.height - SIZE.top - SIZE.bottom) * (high - value)) / (high - low);
  const drawn = svg("svg", { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "img" });
  const last = shown.map((line) => `${line.name} ${short(line.values.filter((value) => value !== null).at(-1), high - low)}`);
  drawn.append(svg("title", {}, `${title} by epoch; now ${last.join(", ")}`));
  for (const value of [low + pad, (low + high) / 2, high - pad]) {
    drawn.append(svg("line", { class: "grid", x1: SIZE.left, x2: SIZE.width - SIZE.right, y1: y(value), y2: y(value) }));
    drawn.append(svg("text", { x: SIZE.left - 5, y: y(value) + 4, "text-anchor": "end" }, short(value, high - low)));
  }
  drawn.append(svg("text", { x: SIZE.left, y: SIZE.height - 6 }, "1"));
  drawn.append(svg("text", { x: SIZE.width - SIZE.right, y: SIZE.height - 6, "text-anchor": "end" }, `epoch ${n}`));
  for (const line of shown) {
    const points = line.values.map((value, i) => (value === null ? null : `${x(i).toFixed(1)},${y(value).toFixed(1)}`)).filter(Boolean);
    if (points.length === 1) drawn.append(svg("circle", { class: line.kind, cx: points[0].split(",")[0], cy: points[0].split(",")[1], r: 3 }));
    else drawn.append(svg("polyline", { class: line.kind, points: points.join(" ") }));
  }
  const caption = document.createElement("figcaption");
  caption.append(title + " ");
  for (const line of shown) {
    const key = document.createElement("span");
    key.className = "key " + line.kind;
    key.textContent = line.name;
    caption.append(key, " ");
  }
  figure.append(drawn, caption);
  return figure;
}

function short(value, span) {
  return value.toFixed(Math.max(0, Math.min(4, 1 - Math.floor(Math.log10(span)))));
}

function svg(name, attributes, text) {
  const made = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  return made;
}
