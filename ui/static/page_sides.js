/* The switch of a narrow screen: either the chat is seen or the page. What leads to a place on the page,
 * such as a mark in the chat, shows the page; what leads to the question shows the chat.
 *
 * Runs after page_view.js in the same function (ui/views/screen.py joins them) and uses its names.
 */
const sideShown = () => byId("main")?.dataset.shows ?? "chat";

function drawSides() {
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

/* A wide screen shows both. */
function showSide(side) {
  if (!narrow.matches || side === sideShown()) return;
  byId("main").dataset.shows = side;
  if (side === "page") measureRoom();
  draw();
  window.scrollTo(0, 0);
}

byId("sides")?.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-side]");
  if (button) showSide(button.dataset.side);
});
