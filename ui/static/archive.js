/* The list of the visitor's conversations in the sidebar.
 *
 * gr.HTML starts it with `element`, `trigger`, `props` and `watch`. The value is plain data
 * (HistoryActions.view in ui/actions/history.py). Titles are untrusted and are set as text, never as markup.
 * Events to the server: "opentalk" {id}, "renametalk" {id, title}, "deletetalk" {id}, "wipetalks" {},
 * "findtalks" {search}.
 */
import { make } from "./dom.js";

function button(name, words, className = "sc-tool sc-wide", attributes = {}) {
  return make("button", className, { type: "button", "data-do": name, ...attributes }, words);
}

/* The time of a conversation of today, the date of an older one. */
function whenOf(milliseconds, language) {
  const date = new Date(milliseconds);
  const today = new Date().toDateString() === date.toDateString();
  const format = today ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(language, format).format(date);
}

const talkOf = (part) => part.closest("[data-conversation]")?.dataset.conversation;

export function start({ element, trigger, props, watch }) {
  const list = element.querySelector(".sc-archive") ?? element;
  const view = { naming: null, deleting: null, wiping: false, timer: 0, search: "", back: null };
  const texts = () => props.strings;

  function row(item) {
    const line = make("li", "sc-talk", { "data-conversation": item.id });
    if (item.current) line.setAttribute("aria-current", "true");
    if (view.naming === item.id) {
      const box = make("input", "sc-talk-name", {
        type: "text", maxlength: "200", "aria-label": texts().rename,
      });
      box.value = item.title;
      line.append(box, button("named", texts().save));
      return line;
    }
    if (view.deleting === item.id) {
      // The question replaces the title, so it contains the title.
      const title = item.title || texts().untitled;
      const words = make("span", "sc-talk-ask", {}, texts().sure.replace("{title}", () => title));
      line.append(words, button("deleted", texts().yes, "sc-tool sc-wide sc-danger"));
      line.append(button("leave", texts().no));
      return line;
    }
    const open = button("open", "", "sc-talk-open");
    open.append(make("span", "sc-talk-title", {}, item.title || texts().untitled));
    open.append(make("span", "sc-talk-when", {}, whenOf(item.when, texts().language)));
    line.append(
      open,
      button("rename", "", "sc-tool sc-pen", { title: texts().rename, "aria-label": texts().rename }),
      button("delete", "\u00d7", "sc-tool", { title: texts().remove, "aria-label": texts().remove }),
    );
    return line;
  }

  function draw() {
    const focused = list.contains(document.activeElement) ? document.activeElement : null;
    const wasSearching = focused?.matches("[type=search]");
    const before = focused && { name: focused.dataset.do, id: talkOf(focused) };
    const typed = list.querySelector(".sc-talk-name");
    const draft = typed && { id: talkOf(typed), value: typed.value, from: typed.selectionStart, to: typed.selectionEnd };
    const items = props.value?.items ?? [];
    const search = make("input", "sc-talk-search", {
      type: "search", placeholder: texts().search, "aria-label": texts().search,
    });
    search.value = view.search;
    const rows = make("ul", "sc-talks", { "aria-label": texts().title });
    rows.append(...items.map(row));
    const foot = make("div", "sc-talk-foot");
    foot.append(make("p", "sc-hint", {}, props.value?.kept ? texts().kept : texts().memory));
    if (view.wiping) {
      foot.append(make("p", "sc-talk-ask", {}, texts().sure_all));
      foot.append(button("wiped", texts().yes, "sc-tool sc-wide sc-danger"));
      foot.append(button("leave", texts().no));
    } else if (items.length || props.value?.search) {
      foot.append(button("wipe", texts().wipe));
    }
    list.replaceChildren(make("h2", "sc-talk-head", {}, texts().title));
    if (items.length || view.search) list.append(search);
    if (!items.length) list.append(make("p", "sc-hint", {}, view.search ? texts().none : texts().empty));
    list.append(rows, foot);
    if (wasSearching) search.focus();
    else if (view.back && (focused || document.activeElement === document.body)) refocus(view.back);
    else if (before?.name) refocus(before);
    view.back = null;
    const name = list.querySelector(".sc-talk-name");
    if (!name) return;
    name.focus();
    // The server may update the list while a title is being typed, for example after an answer.
    if (draft?.id !== talkOf(name)) return name.select();
    name.value = draft.value;
    name.setSelectionRange(draft.from, draft.to);
  }

  /* Restore the focus after a redraw: to the same button, else to the first row, else to the sidebar's toggle. */
  function refocus({ name, id }) {
    const alike = [...list.querySelectorAll(`[data-do="${name}"]`)];
    const same = alike.find((part) => talkOf(part) === id);
    const next = same ?? list.querySelector("[data-do=open]") ?? list.closest("#side")?.querySelector(".toggle-button");
    next?.focus();
  }

  /* Cancel renaming or deleting, and focus the button that started it. */
  function leave() {
    const { naming, deleting, wiping } = view;
    view.naming = view.deleting = null;
    view.wiping = false;
    draw();
    if (naming) refocus({ name: "rename", id: naming });
    else if (deleting) refocus({ name: "delete", id: deleting });
    else if (wiping) refocus({ name: "wipe" });
  }

  function named(line) {
    const title = line.querySelector("input").value;
    const id = line.dataset.conversation;
    view.naming = null;
    view.back = { name: "rename", id };
    trigger("renametalk", { id, title });
  }

  /* On a phone the sidebar covers the chat: close it when a conversation is opened. */
  function uncover() {
    const side = list.closest(".sidebar");
    if (side && side.getBoundingClientRect().width > window.innerWidth / 2) {
      side.querySelector(".toggle-button")?.click();
    }
  }

  const actions = {
    open: (id) => { trigger("opentalk", { id }); uncover(); },
    rename: (id) => { view.naming = id; draw(); },
    named: (id, line) => named(line),
    delete: (id) => { view.deleting = id; draw(); list.querySelector(".sc-danger")?.focus(); },
    deleted: (id) => { view.deleting = null; view.back = { name: "delete", id }; trigger("deletetalk", { id }); },
    leave,
    wipe: () => { view.wiping = true; draw(); list.querySelector(".sc-talk-foot .sc-danger")?.focus(); },
    wiped: () => { view.wiping = false; view.back = { name: "wipe" }; trigger("wipetalks", {}); },
  };

  list.addEventListener("click", (event) => {
    const wish = event.target.closest("[data-do]");
    if (!wish) return;
    const line = wish.closest("[data-conversation]");
    actions[wish.dataset.do](line?.dataset.conversation, line);
  });

  list.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave();
    if (event.key === "Enter" && event.target.matches(".sc-talk-name")) {
      named(event.target.closest("[data-conversation]"));
    }
  });

  list.addEventListener("input", (event) => {
    if (!event.target.matches("[type=search]")) return;
    view.search = event.target.value;
    window.clearTimeout(view.timer);
    view.timer = window.setTimeout(() => trigger("findtalks", { search: view.search }), 250);
  });

  watch(["value", "strings"], draw);
  draw();
}
