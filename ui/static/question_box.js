/* The text box of the question, which Gradio draws. */
import { byId } from "./dom.js";

export const questionBox = () => byId("question")?.querySelector("textarea");

/* Replace what stands in it. */
export function write(words) {
  const box = questionBox();
  box.value = words;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

/* Append a place's text, unless the question already ends with it. */
export function intoQuestion(words) {
  const box = questionBox();
  if (!box || !words || box.value.endsWith(words)) return;
  write(box.value.trim() ? `${box.value.trimEnd()} ${words}` : words);
}
