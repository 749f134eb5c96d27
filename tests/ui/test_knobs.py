"""What the settings say of themselves while they are closed."""

import pytest

from ui import knobs


@pytest.mark.parametrize(
    ("chosen", "english", "russian"),
    [
        (0, "Settings", "Настройки"),
        (1, "Only 1 chosen page is asked about", "Вопрос только о 1 выбранной странице"),
        (2, "Only 2 chosen pages are asked about", "Вопрос только о 2 выбранных страницах"),
        (21, "Only 21 chosen pages are asked about", "Вопрос только о 21 выбранной странице"),
    ],
)
def test_the_closed_settings_tell_of_chosen_pages(chosen: int, english: str, russian: str) -> None:
    pins = [knobs.pin("document", page) for page in range(chosen)]
    assert knobs.title(pins, "en").endswith(english)
    assert knobs.title(pins, "ru").endswith(russian)


def test_what_is_no_page_is_not_counted() -> None:
    assert knobs.title(["document/x", None, "nothing"], "en") == "Settings"
    assert knobs.title(None, "en") == "Settings"
