(function () {
  "use strict";
  const island = JSON.parse(document.getElementById("cells").textContent);
  const shown = document.getElementById("shown");
  const buttons = Array.from(document.querySelectorAll("#matrix button"));
  if (!shown || !buttons.length) return;

  function element(name, text, kind) {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  }

  function images(n) {
    return n === 1 ? "1 image" : n + " images";
  }

  function item(image, label, got) {
    const line = element("li");
    if (image.picture) {
      const picture = element("img", "", island.small ? "small" : "");
      picture.src = image.picture;
      picture.alt = label === got ? label : label + ", read as " + got;
      line.append(picture);
    }
    line.append(element("b", image.probability.toFixed(3)), element("span", image.path));
    return line;
  }

  function show(button) {
    const cell = island.cells[button.dataset.cell];
    const [label, got] = button.dataset.cell.split(",").map((k) => island.classes[k]);
    const title = element("h3", label === got ? label + ", read rightly " : label + " read as " + got + " ");
    title.append(element("span", cell.n + " of " + images(cell.of)));
    const list = element("ul", "", "gallery");
    list.append(...cell.images.map((image) => item(image, label, got)));
    shown.replaceChildren(title, list);
    const hidden = cell.n - cell.images.length;
    if (hidden > 0) {
      shown.append(element("p", "and " + images(hidden) + " more; all are in predictions.csv", "more"));
    }
    for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
  }

  function reach(button) {
    for (const other of buttons) other.tabIndex = other === button ? 0 : -1;
  }

  // The nearest button in a direction: along the row or the column first.
  function neighbour(button, down, right) {
    const [row, column] = button.dataset.cell.split(",").map(Number);
    let best = null, least = Infinity;
    for (const other of buttons) {
      const [i, j] = other.dataset.cell.split(",").map(Number);
      const along = down ? (i - row) * down : (j - column) * right;
      const aside = down ? Math.abs(j - column) : Math.abs(i - row);
      if (along > 0 && along + 1000 * aside < least) {
        best = other;
        least = along + 1000 * aside;
      }
    }
    return best;
  }

  const steps = {ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1]};
  for (const button of buttons) {
    button.disabled = false;
    button.addEventListener("click", function () {
      reach(button);
      show(button);
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      shown.scrollIntoView({block: "nearest", behavior: calm ? "auto" : "smooth"});
    });
    button.addEventListener("keydown", function (event) {
      const step = steps[event.key];
      const next = step && neighbour(button, step[0], step[1]);
      if (step) event.preventDefault();
      if (next) {
        reach(next);
        next.focus();
      }
    });
  }
  const missed = buttons.filter((button) => button.parentElement.className.startsWith("miss"));
  const count = (button) => island.cells[button.dataset.cell].n;
  const first = missed.reduce((a, b) => (a && count(a) >= count(b) ? a : b), null) || buttons[0];
  const box = first.closest(".matrix"), frame = box.getBoundingClientRect();
  const spot = first.getBoundingClientRect();
  if (spot.right > frame.right) box.scrollLeft = spot.left - frame.left - frame.width / 2;
  if (spot.bottom > frame.bottom) box.scrollTop = spot.top - frame.top - frame.height / 2;
  reach(first);
  show(first);
  shown.setAttribute("aria-live", "polite");
  document.getElementById("hint").hidden = false;
})();
