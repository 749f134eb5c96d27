import re

import pytest

from ui import i18n

PLACEHOLDER = re.compile(r"\{(\w+)\}")


def test_both_languages_have_the_same_keys_in_the_same_order() -> None:
    assert list(i18n.catalogue("en")) == list(i18n.catalogue("ru"))


@pytest.mark.parametrize("key", i18n.catalogue("en"))
def test_both_languages_have_the_same_placeholders(key: str) -> None:
    english, russian = (i18n.catalogue(language)[key] for language in ("en", "ru"))
    assert set(PLACEHOLDER.findall(english)) == set(PLACEHOLDER.findall(russian))


@pytest.mark.parametrize("key", i18n.catalogue("en"))
def test_no_text_is_empty(key: str) -> None:
    assert all(i18n.catalogue(language)[key].strip() for language in i18n.LANGUAGES)


def test_every_counted_text_has_all_plural_forms() -> None:
    forms = ("one", "few", "many", "other")
    for key in i18n.catalogue("en"):
        stem, _, form = key.rpartition("_")
        if form in forms:
            assert all(f"{stem}_{name}" in i18n.catalogue("en") for name in forms)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0 страниц"),
        (1, "1 страница"),
        (2, "2 страницы"),
        (5, "5 страниц"),
        (11, "11 страниц"),
        (12, "12 страниц"),
        (21, "21 страница"),
        (104, "104 страницы"),
        (111, "111 страниц"),
    ],
)
def test_russian_plurals(number: int, shown: str) -> None:
    assert i18n.count("chat.pages", number, "ru") == shown


def test_english_plurals() -> None:
    assert [i18n.count("chat.pages", n, "en") for n in (0, 1, 2)] == [
        "0 pages",
        "1 page",
        "2 pages",
    ]


@pytest.mark.parametrize(
    ("setting", "header", "language"),
    [
        ("auto", "ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("auto", "en-US,ru;q=0.9", "en"),
        ("auto", "de,ru;q=0.5,en;q=0.7", "en"),
        ("auto", "de-DE", "en"),
        ("auto", "ru;q=0", "en"),
        ("auto", "ru;q=1.2.3, , ;;", "en"),
        ("auto", None, "en"),
        ("ru", "en", "ru"),
        ("en", "ru", "en"),
    ],
)
def test_language_at_start(setting: str, header: str | None, language: str) -> None:
    assert i18n.preferred(setting, header) == language


def test_values_are_not_interpreted() -> None:
    shown = i18n.count("chat.ready", 1, "en", name="{count}{0.__class__}.png")
    assert shown == "{count}{0.__class__}.png is open: 1 page."


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert (i18n.decimal(1.25, "en"), i18n.decimal(1.25, "ru")) == ("1.2", "1,2")


def test_an_unknown_language_is_english() -> None:
    assert i18n.text("page.label", "de") == "Page"
