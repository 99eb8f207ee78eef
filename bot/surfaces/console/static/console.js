// The page works without this file. It redraws changed cards, marks other conversations that have news,
// and asks for completions while a command is typed.
"use strict";

(() => {
  const feed = document.getElementById("feed");
  const live = document.getElementById("live");
  if (!feed || !live) return;

  const place = feed.dataset.place;
  const address = (path, more) => `${path}?id=${encodeURIComponent(place)}${more || ""}`;
  let redrawing = false;
  let again = false;

  async function redraw() {
    if (redrawing) {
      again = true;
      return;
    }
    redrawing = true;
    try {
      const response = await fetch(address("/feed"), { headers: { Accept: "text/html" } });
      if (response.redirected) {
        window.location.reload();
        return;
      }
      if (response.ok) merge(await response.text());
    } catch {
      // The line is down; the stream's next opening redraws.
    } finally {
      redrawing = false;
      if (again) {
        again = false;
        redraw();
      }
    }
  }

  function merge(text) {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const posts = [...fresh.querySelectorAll(".post")];
    if (posts.length === 0) return;
    feed.querySelectorAll(":scope > .empty").forEach((words) => words.remove());
    const changed = [];
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
      } else {
        if (Number(card.dataset.version) > Number(old.dataset.version)) {
          replace(kept, old, post, card);
          changed.push(card);
        }
        before = kept;
      }
    }
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

  function mark(name) {
    for (const link of document.querySelectorAll("a[data-place]")) {
      if (link.dataset.place === name) link.querySelector(".news").textContent = " · new";
    }
  }

  const stream = new EventSource("/changes");
  stream.addEventListener("open", redraw);
  stream.addEventListener("card", (event) => {
    const change = JSON.parse(event.data);
    if (change.place === place) redraw();
    else mark(change.place);
  });

  const box = document.getElementById("command");
  const list = document.getElementById("commands");
  let asked = 0;
  box.addEventListener("input", async () => {
    const mine = ++asked;
    const response = await fetch(address("/complete", `&text=${encodeURIComponent(box.value)}`)).catch(() => null);
    if (!response || !response.ok || response.redirected || mine !== asked) return;
    const found = await response.json();
    list.replaceChildren(...found.map((text) => Object.assign(document.createElement("option"), { value: text })));
  });

  const answer = document.getElementById("answer");
  if (answer) answer.focus();
  else if (window.matchMedia("(min-width: 800px)").matches) box.focus();
})();
