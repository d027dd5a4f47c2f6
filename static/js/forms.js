// Small comforts for forms. Every page works without this file.
(() => {
  "use strict";

  // "Show" beside a password: a button that the page brought (it works by a round trip) or one made here.
  function addToggle(input) {
    const box = input.closest("[data-show-text]");
    if (!box) return;
    let button = box.querySelector("button[data-show]");
    if (!button) {
      button = document.createElement("button");
      button.className = "button";
      button.setAttribute("data-show", "");
      input.after(button);
    }
    const label = () => {
      const shown = input.type === "text";
      button.textContent = shown ? box.dataset.hideText : box.dataset.showText;
    };
    button.type = "button";
    button.setAttribute("aria-controls", input.id);
    button.addEventListener("click", () => {
      input.type = input.type === "text" ? "password" : "text";
      label();
    });
    label();
    // Whoever showed it once sends it as a password again, so that the browser does not remember it as plain text.
    input.form.addEventListener("submit", () => { input.type = "password"; });
  }

  // Copy the text of a field; the button stays hidden where there is no script.
  function addCopy(button) {
    const field = document.getElementById(button.dataset.copy);
    if (!field || !navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(field.value);
        document.getElementById("status").textContent = button.dataset.copied;
        button.textContent = button.dataset.copied;
      } catch {
        field.select();
      }
    });
  }

  // allauth reports here what stopped a passkey.
  document.addEventListener("allauth.error", (event) => {
    const notice = document.getElementById("passkey-problem");
    if (!notice) return;
    event.preventDefault();
    notice.hidden = true;
    requestAnimationFrame(() => { notice.hidden = false; });
  });

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-password] input").forEach(addToggle);
    document.querySelectorAll("button[data-copy]").forEach(addCopy);
  });
})();
