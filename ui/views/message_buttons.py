"""The small buttons below a question or an answer in the chat.

Gradio's sanitiser keeps a button's name, value and title and removes data attributes. So the name
is the action (ui/static/chat_actions.js) and the value is the turn. The style sheet draws the
button's icon, so copying a message leaves it out.
"""

from ui import i18n
from ui.views.escaping import escaped


def of_question(turn: int, language: str, *, has_text: bool, is_newest: bool) -> str:
    """The buttons of a question: edit, if it has text, and undo, if it is the newest."""
    names = [*(["edit"] if has_text else []), *(["undo"] if is_newest else [])]
    return _row([_button(name, turn, language) for name in names]) if names else ""


def of_answer(turn: int, language: str, *, liked: bool | None, has_text: bool) -> str:
    """The buttons of an answer: copy, if it has text, answer again, good, bad.

    Args:
        liked: the user's rating, or None.
    """
    copying = [_button("copy", turn, language)] if has_text else []
    return _row(
        [
            *copying,
            _button("again", turn, language),
            _button("good", turn, language, pressed=liked is True),
            _button("bad", turn, language, pressed=liked is False),
        ]
    )


def _button(name: str, turn: int, language: str, *, pressed: bool = False) -> str:
    key = f"turn.{name}_on" if pressed else f"turn.{name}"
    title = escaped(i18n.text(key, language))
    css_class = " ".join(["sc-act", *(["sc-on"] if pressed else [])])
    return (
        f'<button type="button" class="{css_class}" name="{name}" value="{turn}" '
        f'title="{title}"></button>'
    )


def _row(buttons: list[str]) -> str:
    return f'<div class="sc-acts">{"".join(buttons)}</div>'
