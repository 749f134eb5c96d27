/* Keeps the focus when a pressed button disappears or is disabled.
 *
 * A redraw by the server removes buttons, and a button that starts an answer is disabled until the answer ends.
 * The focus then goes to the same button if it exists again. Until then it goes to a stand-in: for a button of
 * the chat column the text box (not after a touch), for one of the page viewer the page. A button of the form or
 * the region list has no stand-in.
 */
import { byId } from "./dom.js";
import { find, view } from "./page_state.js";
import { questionBox } from "./question_box.js";

const SOON = 40; // milliseconds after which a browser has noticed that a button is gone or disabled

/* The last button that had the focus: how to find it again, and the stand-in that has the focus now. */
let pressed = null;
let byFinger = false;
let rescuing = 0;

const usable = (node) =>
  Boolean(node?.isConnected && !node.disabled && node.getClientRects().length > 0);

function holdOn(button) {
  const talk = Boolean(byId("talk")?.contains(button));
  if (!talk && !byId("look")?.contains(button)) return null;
  const found = () => {
    if (button.id) return byId(button.id);
    if (!button.matches(".sc-act")) return button;
    const [name, value] = [button.name, button.value].map(CSS.escape);
    return document.querySelector(`#chat .sc-act[name="${name}"][value="${value}"]`);
  };
  const instead = () => {
    if (talk) return byFinger ? null : questionBox(); // on a phone the keyboard would open
    return view().contains(button) ? find(".sc-desk") : null;
  };
  return { button, found, instead, standIn: null };
}

function rescue() {
  rescuing = 0;
  const now = document.activeElement;
  const lost = !now || now === document.body || now.disabled;
  if (!pressed || !(lost || now === pressed.standIn)) return;
  const again = pressed.found();
  const next = usable(again) ? again : lost && pressed.instead();
  if (!usable(next) || next === now) return;
  const one = pressed;
  next.focus({ preventScroll: true });
  pressed = one; // "focusin" has changed it
  one.standIn = next === again ? null : next;
}

export function startKeepingFocus() {
  document.addEventListener("focusin", ({ target }) => {
    const button = target.closest?.("button");
    pressed = button ? holdOn(button) : null;
  });
  // A press elsewhere ends the rescue: the user has moved on.
  document.addEventListener("pointerdown", (event) => {
    byFinger = event.pointerType === "touch";
    if (!pressed?.button.contains(event.target)) pressed = null;
  }, true);
  document.addEventListener("keydown", () => {
    byFinger = false;
    if (pressed?.standIn) pressed = null;
  }, true);
  new MutationObserver(() => {
    if (pressed) rescuing ||= window.setTimeout(rescue, SOON);
  }).observe(byId("main") ?? document.body, {
    childList: true,
    subtree: true,
    attributeFilter: ["disabled", "hidden", "class"],
  });
}
