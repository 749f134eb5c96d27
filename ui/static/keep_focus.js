/* The focus is not lost with the button that was pressed: what the server draws anew takes buttons away, and
 * one that starts an answer is greyed until it ends. The focus goes to the same button where there is one,
 * and meanwhile, or for good, to a stand-in: in the chat the text box, beside the page the page.
 *
 * Runs after page_lists.js in the same function (ui/views/page_column.py joins them) and uses its names.
 */
const SOON = 40; // milliseconds in which a browser has noticed that a button is gone or greyed

/* The last button that had the focus: how it is found again, and where the focus went instead of it. */
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
    if (talk) return byFinger ? null : questionBox(); // a phone's keyboard would come up
    return view.contains(button) ? find(".sc-desk") : null;
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
  pressed = one; // not what "focusin" made of it
  one.standIn = next === again ? null : next;
}

document.addEventListener("focusin", ({ target }) => {
  const button = target.closest?.("button");
  pressed = button ? holdOn(button) : null;
});

/* Who goes on elsewhere is not called back. */
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
