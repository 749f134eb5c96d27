"""What the settings say of themselves while they are closed."""

import math

import pytest

from engine.chat.options import HIGHEST_TEMPERATURE, LEAST_DETAIL, LONGEST_ANSWER
from ui.views import settings_panel


@pytest.mark.parametrize(
    ("chosen", "english", "russian"),
    [
        (0, "Settings", "Настройки"),
        (1, "Questions are about 1 chosen page only", "Вопрос только о 1 выбранной странице"),
        (2, "Questions are about 2 chosen pages only", "Вопрос только о 2 выбранных страницах"),
        (21, "Questions are about 21 chosen pages only", "Вопрос только о 21 выбранной странице"),
    ],
)
def test_the_closed_settings_tell_of_chosen_pages(chosen: int, english: str, russian: str) -> None:
    pins = [settings_panel.pin("document", page) for page in range(chosen)]
    assert settings_panel.title(pins, "en").endswith(english)
    assert settings_panel.title(pins, "ru").endswith(russian)


def test_what_is_no_page_is_not_counted() -> None:
    assert settings_panel.title(["document/x", None, "nothing"], "en") == "Settings"
    assert settings_panel.title(None, "en") == "Settings"


@pytest.mark.parametrize(
    "odd",
    [math.nan, math.inf, -math.inf, 10**400, -(10**400), "8", None],
    ids=lambda one: f"{one}"[:5],
)
def test_whatever_a_browser_sends_as_a_number_is_brought_into_its_range(odd: object) -> None:
    values = (False, False, False, False, odd, odd, odd, "", "", [])
    options = settings_panel.read(values, "{question}").options
    assert options.max_new_tokens is None or 1 <= options.max_new_tokens <= LONGEST_ANSWER
    assert options.temperature is None or 0 < options.temperature <= HIGHEST_TEMPERATURE
    assert options.detail is None or LEAST_DETAIL <= options.detail < 1
