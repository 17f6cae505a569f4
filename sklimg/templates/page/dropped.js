// Files that were dropped or chosen, each with the folder that holds it.

// Let a place take what is dropped on it.
export function takeDrops(place, take) {
  let depth = 0;
  const shown = (isOver) => place.classList.toggle("over", isOver);
  place.addEventListener("dragenter", (event) => {
    event.preventDefault();
    depth++;
    shown(true);
  });
  place.addEventListener("dragleave", () => shown(--depth > 0));
  place.addEventListener("dragover", (event) => event.preventDefault());
  place.addEventListener("drop", async (event) => {
    event.preventDefault();
    depth = 0;
    shown(false);
    take(await dropped(event.dataTransfer));
  });
}

// What systems put into folders and is no picture.
const isJunk = (name) => name.startsWith(".") || name === "Thumbs.db";

// Return [{file, folder}] of the files that were chosen; the folder is "" where there is none.
export function chosenFiles(input) {
  const found = Array.from(input.files, (file) => {
    const parts = (file.webkitRelativePath || "").split("/");
    return { file, folder: parts.length > 1 ? parts[parts.length - 2] : "" };
  });
  return found.filter((each) => !each.folder || !isJunk(each.file.name));
}

async function dropped(transfer) {
  const entries = Array.from(transfer.items || [], (item) => item.webkitGetAsEntry && item.webkitGetAsEntry()).filter(Boolean);
  if (!entries.length) return Array.from(transfer.files, (file) => ({ file, folder: "" }));
  const found = [];
  for (const entry of entries) await walk(entry, "", found);
  return found;
}

async function walk(entry, folder, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject)).catch(() => null);
    if (file && !(folder && isJunk(file.name))) found.push({ file, folder });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)).catch(() => []);
    if (!some.length) return;
    for (const each of some) await walk(each, entry.name, found);
  }
}
