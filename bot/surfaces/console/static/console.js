// The page works without this file. It redraws changed cards, keeps the list of conversations right, stays at
// the newest card as long as the reader is there, and asks for completions while a command is typed.
"use strict";

(() => {
  const feed = document.getElementById("feed");
  const live = document.getElementById("live");
  const list = document.querySelector(".list");
  if (!list) return;

  const here = list.dataset.here;
  const ask = (path, more) => fetch(`${path}?id=${encodeURIComponent(here)}${more || ""}`);
  const atEnd = () => window.innerHeight + window.scrollY > document.body.scrollHeight - 160;
  const toEnd = () => window.scrollTo(0, document.body.scrollHeight);

  // One run at a time; what comes meanwhile is one more run, not many.
  function oneAtATime(work) {
    let running = false;
    let again = false;
    return async function run() {
      if (running) {
        again = true;
        return;
      }
      running = true;
      try {
        await work();
      } catch {
        // The line is down; the stream's next opening does it again.
      } finally {
        running = false;
        if (again) {
          again = false;
          run();
        }
      }
    };
  }

  async function read(path) {
    const response = await ask(path);
    if (response.redirected) window.location.reload();
    return response.ok && !response.redirected ? response.text() : "";
  }

  const redraw = oneAtATime(async () => {
    const text = await read("/feed");
    if (text) merge(new DOMParser().parseFromString(text, "text/html"));
  });

  function merge(fresh) {
    const posts = [...fresh.querySelectorAll(".post")];
    if (posts.length === 0) return;
    const wasAtEnd = atEnd();
    feed.querySelectorAll(":scope > .empty").forEach((words) => words.remove());
    const changed = [];
    let fell = false;
    let before = null;
    for (const post of posts) {
      const card = post.querySelector("article.card");
      const old = document.getElementById(card.id);
      const kept = old ? old.closest(".post") : null;
      if (!kept) {
        const added = document.importNode(post, true);
        if (before) before.after(added);
        else feed.prepend(added);
        before = added;
        changed.push(card);
        fell = true;
      } else {
        if (Number(card.dataset.version) > Number(old.dataset.version)) {
          replace(kept, old, post, card);
          changed.push(card);
        }
        before = kept;
      }
    }
    if (wasAtEnd && changed.length > 0) toEnd();
    else if (fell) document.getElementById("below").hidden = false;
    say(changed);
  }

  // Keeps the keyboard where it was: on the same button of the new card, or else on the card.
  function replace(kept, old, post, card) {
    const focusable = "button, summary, a, input, select, textarea";
    const place = [...old.querySelectorAll(focusable)].indexOf(document.activeElement);
    const label = place >= 0 ? document.activeElement.textContent : "";
    const added = document.importNode(card, true);
    added.classList.add("redrawn");
    old.replaceWith(added);
    const when = document.importNode(post.querySelector(".when"), true);
    kept.querySelector(".when").replaceWith(when);
    if (place >= 0) {
      const same = [...added.querySelectorAll(focusable)].find((item) => item.textContent === label);
      if (!same) added.tabIndex = -1;
      (same || added).focus({ preventScroll: true });
    }
  }

  function say(cards) {
    if (cards.length === 0) return;
    const title = cards[0].querySelector(".title").textContent;
    live.textContent = cards.length === 1 ? `Card changed: ${title}` : `${cards.length} cards changed`;
  }

  // --- the list: what waits, and where something is new since it was last looked at from this tab ---

  const unseen = new Set(JSON.parse(window.sessionStorage.getItem("unseen") || "[]"));
  unseen.delete(here);

  const title = document.title;

  function mark() {
    const waits = Number(list.querySelector("data")?.value || 0);
    const total = document.getElementById("total");
    total.hidden = waits === 0;
    total.textContent = `${waits} to decide`;
    document.title = waits ? `(${waits}) ${title}` : title;
    window.sessionStorage.setItem("unseen", JSON.stringify([...unseen]));
    for (const link of list.querySelectorAll("a[data-place]")) {
      link.querySelector(".news").textContent = unseen.has(link.dataset.place) ? " · new" : "";
    }
  }

  const relist = oneAtATime(async () => {
    const text = await read("/places");
    if (!text) return;
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const focused = document.activeElement.closest("a[data-place]");
    list.replaceChildren(...document.importNode(fresh.body, true).childNodes);
    mark();
    const links = [...list.querySelectorAll("a[data-place]")];
    const same = focused && links.find((link) => link.dataset.place === focused.dataset.place);
    if (same) same.focus({ preventScroll: true });
  });

  mark();

  const stream = new EventSource("/changes");
  stream.addEventListener("open", () => {
    if (feed) redraw();
    relist();
  });
  stream.addEventListener("card", (event) => {
    const change = JSON.parse(event.data);
    if (change.place === here) {
      redraw();
    } else {
      unseen.add(change.place);
      mark();
    }
    relist();
  });

  if (!feed) return;

  // --- the command box ---

  const box = document.getElementById("command");
  const options = document.getElementById("commands");
  let asked = 0;
  box.addEventListener("input", async () => {
    const mine = ++asked;
    const response = await ask("/complete", `&text=${encodeURIComponent(box.value)}`).catch(() => null);
    if (!response || !response.ok || response.redirected || mine !== asked) return;
    const found = await response.json();
    options.replaceChildren(
      ...found.map((text) => Object.assign(document.createElement("option"), { value: text })),
    );
  });

  const below = document.getElementById("below");
  window.addEventListener("scroll", () => {
    if (atEnd()) below.hidden = true;
  });

  // Whoever typed goes on typing; whoever pressed a button finds the answer under the card.
  function settle() {
    const answer = document.getElementById("answer");
    if (answer && answer.closest(".post")) {
      answer.focus({ preventScroll: true });
      answer.scrollIntoView({ block: answer.offsetHeight > window.innerHeight / 2 ? "start" : "center" });
      return;
    }
    if (answer) live.textContent = answer.textContent;
    if (window.matchMedia("(min-width: 800px)").matches) box.focus({ preventScroll: true });
    // Whatever is last is read from its beginning, also where it does not fit: a card begins with its question.
    const last = answer || feed.querySelector(".post:last-child");
    if (last && last.offsetHeight > window.innerHeight - 180) last.scrollIntoView({ block: "start" });
    else toEnd();
  }
  // After the browser has gone to the part of the page that the address names.
  window.addEventListener("load", () => window.setTimeout(settle));
})();
