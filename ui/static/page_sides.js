/* The switch of a narrow screen, which shows either the chat or the page. Actions that lead to a place on the
 * page, such as a mark in the chat, show the page; actions that lead to the question show the chat.
 */
import { byId } from "./dom.js";
import { measureRoom } from "./page_frame.js";
import { data, isNarrow, redraw, texts } from "./page_state.js";

const sideShown = () => byId("main")?.dataset.shows ?? "chat";

export function drawSides() {
  const words = texts().sides;
  const found = { chat: false, page: data().evidence.length > 0 && sideShown() === "chat" };
  byId("sides")?.querySelector("[role=group]")?.setAttribute("aria-label", words.label);
  for (const button of byId("sides")?.querySelectorAll("button") ?? []) {
    const side = button.dataset.side;
    button.textContent = words[side];
    button.setAttribute("aria-pressed", String(side === sideShown()));
    button.classList.toggle("sc-found", found[side]);
  }
}

/* Show one side on a narrow screen; does nothing on a wide one, which shows both. */
export function showSide(side) {
  if (!isNarrow() || side === sideShown()) return;
  byId("main").dataset.shows = side;
  if (side === "page") measureRoom();
  redraw();
  window.scrollTo(0, 0);
}

export function startSides() {
  byId("sides")?.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-side]");
    if (button) showSide(button.dataset.side);
  });
}
