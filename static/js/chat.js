// Comforts of the chat page. Every action works without this file: it is a form that is sent and a page that comes back.
// With it, htmx's ws extension sends the same forms over a socket and swaps in what comes; this file decides when the
// socket may be trusted, keeps the text in the box until the node has it, and keeps focus and scroll where they were.
(() => {
  "use strict";

  const chat = document.getElementById("chat");
  const form = document.getElementById("ask");
  const box = document.getElementById("question");
  if (!chat || !form || !box) return;

  const byId = (id) => document.getElementById(id);
  const unfinished = () => chat.querySelector("[data-open]");
  const WAIT_FOR_ACCEPTANCE = 6000;
  const POLL = 2000;
  // The socket takes 64 kB at once; a longer text goes by form, where it gets its clear answer.
  const LONGEST_BY_SOCKET = 20000;

  let connected = false;
  let sent = null; // {text, key, timer}: sent over the socket, not yet accepted

  // --- Sending -------------------------------------------------------------------------------------------------

  function sendByForm(element) {
    if (element === form) form.submit();
    else byId("act").requestSubmit(element);
  }

  chat.addEventListener("htmx:wsConfigSend", (event) => {
    const element = event.target;
    const text = box.value;
    if (!connected || (element === form && text.length > LONGEST_BY_SOCKET)) {
      event.preventDefault();
      sendByForm(element);
      return;
    }
    if (element !== form) {
      event.detail.messageBody = element.getAttribute("hx-vals");
      return;
    }
    const key = byId("question-key").value;
    if (sent && sent.key === key) {
      event.preventDefault();
      return;
    }
    event.detail.messageBody = JSON.stringify({ type: "ask", text, key, after: byId("question-after").value });
    // A socket can be dead before anybody notices. The key makes sure that sending twice asks once.
    sent = { text, key, timer: setTimeout(() => sendByForm(form), WAIT_FOR_ACCEPTANCE) };
    box.focus({ preventScroll: true });
  });

  function seeWhetherAccepted() {
    if (!sent) return;
    const accepted = byId("question-key").value !== sent.key;
    const refused = byId("question-error").textContent !== "";
    if (!accepted && !refused) return;
    clearTimeout(sent.timer);
    if (accepted && box.value === sent.text) box.value = "";
    box.toggleAttribute("aria-invalid", refused);
    if (refused) box.setAttribute("aria-invalid", "true");
    sent = null;
    count();
    if (accepted) toEnd();
  }

  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });

  // --- Length of the question --------------------------------------------------------------------------------------

  const counter = byId("question-count");
  function count() {
    const left = Number(box.dataset.most) - [...box.value.trim()].length;
    counter.hidden = left > 500;
    counter.classList.toggle("composer__count--over", left < 0);
    counter.textContent = `${Math.abs(left)} ${left < 0 ? counter.dataset.over : counter.dataset.text}`;
  }
  box.addEventListener("input", count);

  // --- Receiving ---------------------------------------------------------------------------------------------------

  let focusedId = "";
  let pinned = false;

  const root = document.documentElement;
  const atEnd = () => root.scrollHeight - window.innerHeight - window.scrollY < 120;
  const toEnd = () => window.scrollTo(0, root.scrollHeight);

  function beforeChange() {
    focusedId = document.activeElement ? document.activeElement.id : "";
    pinned = atEnd();
  }

  function afterChange() {
    seeWhetherAccepted();
    if (document.activeElement === document.body && focusedId) keepFocus();
    if (pinned) toEnd();
    showCopyButtons();
  }

  // What had the focus was replaced: the same control, else its neighbour, else the newest message or the box.
  function keepFocus() {
    const twin = focusedId.endsWith("-next") ? focusedId.replace(/-next$/, "-previous") : focusedId.replace(/-previous$/, "-next");
    const control = [focusedId, twin].map(byId).find((element) => element && !element.disabled);
    const names = chat.querySelectorAll(".message__who");
    const fallback = focusedId === "stop" || !names.length ? box : names[names.length - 1];
    (control || fallback).focus({ preventScroll: true });
  }

  chat.addEventListener("htmx:wsBeforeMessage", beforeChange);
  chat.addEventListener("htmx:wsAfterMessage", afterChange);

  chat.addEventListener("htmx:wsOpen", (event) => {
    connected = true;
    if (byId("question-error").textContent === chat.dataset.connectionLost) byId("question-error").textContent = "";
    const open = unfinished();
    event.detail.socketWrapper.sendImmediately(
      JSON.stringify({ type: "watch", leaf: byId("question-after").value, open: open ? open.dataset.open : "" }),
    );
  });

  chat.addEventListener("htmx:wsClose", (event) => {
    const dropped = connected;
    connected = false;
    if (event.detail.event.code === 4401) {
      if (box.value.trim()) byId("question-error").textContent = chat.dataset.signedOut;
      else location.reload();
    } else if (dropped && sent) {
      clearTimeout(sent.timer);
      sendByForm(form);
    } else if (dropped) {
      setTimeout(() => {
        if (!connected) byId("question-error").textContent = chat.dataset.connectionLost;
      }, 3000);
    }
  });

  // Without a socket the page asks for itself again, as the reload does where there is no script.
  setInterval(async () => {
    if (connected || !unfinished() || document.hidden) return;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (connected || !answer.ok || !page.getElementById("thread")) return;
      beforeChange();
      for (const id of ["notices", "thread", "composer-fields", "composer-stop"]) {
        byId(id).replaceChildren(...page.getElementById(id).childNodes);
        window.htmx.process(byId(id));
      }
      afterChange();
    } catch {
      // No connection at all: the next round tries again.
    }
  }, POLL);

  // --- Copying -----------------------------------------------------------------------------------------------------

  function showCopyButtons() {
    chat.querySelectorAll("[data-copy-answer][hidden]").forEach((button) => { button.hidden = false; });
  }

  async function copy(element) {
    try {
      await navigator.clipboard.writeText(element.innerText);
    } catch {
      // Pages without TLS have no clipboard of their own; the old way still works there.
      const selection = window.getSelection();
      selection.selectAllChildren(element);
      document.execCommand("copy");
      selection.removeAllRanges();
    }
  }

  chat.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy-answer]");
    if (!button) return;
    await copy(button.closest(".message").querySelector("[data-copy-text]"));
    const label = button.textContent;
    button.textContent = byId("status").textContent = chat.dataset.copied;
    setTimeout(() => { button.textContent = label; }, 2000);
  });

  // What opens below an answer must not stay behind the box.
  chat.addEventListener("toggle", (event) => {
    if (event.target.open) event.target.scrollIntoView({ block: "nearest" });
  }, true);

  // --- At the beginning --------------------------------------------------------------------------------------------

  showCopyButtons();
  count();
  const messages = chat.querySelectorAll(".message");
  const last = messages.length ? messages[messages.length - 1] : null;
  if (last && (!location.hash || location.hash === `#${last.id}`)) toEnd();
  const justSent = last && location.hash === `#${last.id}`;
  if (justSent || (!last && window.matchMedia("(hover: hover) and (pointer: fine)").matches)) {
    box.focus({ preventScroll: true });
  }
})();
