// Live pages: the stream says that something happened, and the page fetches its fragment.
"use strict";

(() => {
  const lost = document.querySelector("[data-lost]");
  const gone = document.querySelector("[data-incarnation]");
  const live = () => document.querySelectorAll("[data-live]");

  const concerns = (element, reset) =>
    element.dataset.live === "*" || reset === "*" || element.dataset.live === String(reset);

  const refresh = (reset) => {
    for (const element of live()) {
      if (concerns(element, reset)) htmx.trigger(element, "signal");
    }
  };

  const showLost = (isLost) => {
    if (lost) lost.hidden = !isLost;
  };

  const source = new EventSource("/signals");
  source.addEventListener("reset", (event) => {
    const told = JSON.parse(event.data);
    showLost(false);
    refresh(told.reset);
    if (gone && Array.isArray(told.clients) && told.clients.includes(gone.dataset.incarnation)) {
      gone.querySelector("a").href = `/resets/${told.reset}`;
      gone.hidden = false;
    }
  });
  source.addEventListener("acknowledged", (event) => refresh(JSON.parse(event.data).reset));
  source.addEventListener("not_listening", () => showLost(true));
  source.addEventListener("error", () => showLost(true));
  document.addEventListener("htmx:sendError", () => showLost(true));
  window.addEventListener("pagehide", () => source.close());
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
})();
