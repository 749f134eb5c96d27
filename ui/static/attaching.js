/* Files that were put into the text box: "attach" has the server open them. */
import { connected, trigger } from "./page_state.js";

/* Gradio calls it when files enter the text box (ui/events/ask.py), which may be before the viewer has started. */
export async function attach(value) {
  if (!value?.files?.length) return;
  // Without this, choosing the same file again fires no change event.
  for (const input of document.querySelectorAll("#question input[type=file]")) input.value = "";
  await connected();
  trigger("attach", {});
}
