/* Small helpers of every module that draws. Untrusted text is set as text, never as markup. */

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

/* Put values into the {names} of a sentence; a name without a value stays. */
export const fill = (template, values) =>
  template.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

function dress(node, className, attributes, text) {
  if (className) node.setAttribute("class", className);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text) node.textContent = text;
  return node;
}

export const make = (tag, className = "", attributes = {}, text = "") =>
  dress(document.createElement(tag), className, attributes, text);

export const makeSvg = (tag, className = "", attributes = {}, text = "") =>
  dress(document.createElementNS(SVG, tag), className, attributes, text);

/* Handle clicks and Enter in a part of the screen. Listen on a column: Gradio may create its parts later. */
export function listen(id, handle) {
  const host = byId(id);
  host?.addEventListener("click", handle);
  host?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.closest("button, summary")) return;
    handle(event);
  });
}

/* The URL of a server path. Gradio serves files below its own root, which a proxy may move. */
export function fileUrl(path, config = window.gradio_config ?? {}) {
  const root = (config.root ?? "").replace(/\/$/, "");
  const prefix = config.api_prefix ?? "/gradio_api";
  return `${root}${prefix}/file=${path.split("/").map(encodeURIComponent).join("/")}`;
}
