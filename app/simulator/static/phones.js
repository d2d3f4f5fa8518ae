// Keeps the page fresh: the stream says that something changed, the fragments say what.
// Without this script the same page works by form posts and reloads.
"use strict";

const phones = document.getElementById("phones");
const messages = document.getElementById("messages");
const live = document.getElementById("live");
const form = document.querySelector("form.composer");

let stream = null;
let refreshing = false;
let stale = false;

function merge(list, fresh) {
  const kept = new Set();
  let before = list.firstElementChild;
  for (const item of Array.from(fresh.children)) {
    kept.add(item.id);
    const known = document.getElementById(item.id);
    if (known === null) {
      list.insertBefore(item, before);
      continue;
    }
    if (known !== before) list.insertBefore(known, before);
    else before = known.nextElementSibling;
    if (known.outerHTML !== item.outerHTML) {
      const hadFocus = known.contains(document.activeElement);
      known.replaceChildren(...item.childNodes);
      known.className = item.className;
      if (hadFocus) known.querySelector("a")?.focus();
    }
  }
  for (const item of Array.from(list.children)) if (!kept.has(item.id)) item.remove();
}

async function replaceList(holder, url) {
  const response = await fetch(url, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  merge(holder.firstElementChild, page.body.firstElementChild);
}

async function refresh() {
  stale = true;
  if (refreshing) return;
  refreshing = true;
  try {
    while (stale && !document.hidden) {
      stale = false;
      if (messages) {
        const room = messages.scrollHeight - messages.scrollTop - messages.clientHeight;
        await replaceList(messages, messages.dataset.source);
        if (room < 120) scrollToLatest();
      }
      await replaceList(phones, `/phones?current=${encodeURIComponent(phones.dataset.current)}`);
    }
    sayLive(true);
  } catch {
    sayLive(false);
  } finally {
    refreshing = false;
  }
}

function scrollToLatest() {
  messages.scrollTop = messages.scrollHeight;
}

function sayLive(isLive) {
  if (!live) return;
  live.hidden = false;
  live.textContent = isLive ? "Live" : "Not live: reconnecting…";
  live.classList.toggle("off", !isLive);
}

// A browser has six connections for a site: hidden tabs give theirs back.
function openOrCloseStream() {
  if (document.hidden) {
    stream?.close();
    stream = null;
  } else if (stream === null) {
    stream = new EventSource("/events");
    stream.addEventListener("changed", refresh);
    stream.addEventListener("error", () => sayLive(false));
  }
}

function sayError(words) {
  const place = document.getElementById("text-error");
  place.textContent = words;
  place.hidden = words === "";
}

async function send() {
  const box = form.elements.namedItem("text");
  const written = box.value;
  box.focus();
  if (written.trim() === "") return;
  const body = new FormData(form);
  box.value = "";
  sayError("");
  scrollToLatest();
  try {
    const response = await fetch(form.action, { method: "POST", body, redirect: "manual" });
    if (response.type === "opaqueredirect") return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    sayError(page.getElementById("text-error")?.textContent || "It could not be sent.");
  } catch {
    sayError("It could not be sent: the simulator does not answer.");
  }
  if (box.value === "") box.value = written;
}

if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  form.elements.namedItem("text").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  scrollToLatest();
}
document.addEventListener("visibilitychange", openOrCloseStream);
openOrCloseStream();
