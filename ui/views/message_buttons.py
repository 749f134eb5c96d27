"""The small buttons below a question or an answer in the chat.

Gradio's sanitiser leaves a button its name, value and title and takes data attributes away: the
name says what is wished (ui/static/chat_actions.js), the value is the turn. What a button shows is
drawn by the style sheet, so that copying a message leaves it out.
"""

from ui import i18n
from ui.views.escaping import escaped


def of_question(turn: int, language: str, *, has_text: bool, is_newest: bool) -> str:
    """Edit, where there are words to edit; and, of the last question, take back."""
    names = [*(["edit"] if has_text else []), *(["undo"] if is_newest else [])]
    return _row([_button(name, turn, language) for name in names]) if names else ""


def of_answer(turn: int, language: str, *, liked: bool | None, has_text: bool) -> str:
    """Copy, answer again, good, bad. liked: what the user has said so far."""
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
