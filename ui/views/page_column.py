"""The right half of the screen: the page viewer, the form of fields and the list of regions."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr

from ui.views import scripts


def build_page_column(properties: Mapping[str, Mapping[str, Any]]) -> dict[str, gr.HTML]:
    """Lay the components out.

    Args:
        properties: component name -> its properties that depend on the language.
    """
    with gr.Column(elem_id="look", min_width=280):
        viewer = gr.HTML(
            None,
            elem_id="page-view",
            apply_default_css=False,
            html_template=template("page_view.html"),
            js_on_load=scripts.start(
                "page_view.js",
                "showpage",
                "showthumbs",
                "attach",
                "export",
                "recall",
                "drawn",
                "readsources",
                "again",
                "act",
            ),
            images={},
            thumbnails={},
            download=None,
            inside=None,
            sources=None,
            **properties["viewer"],
        )
        fields = gr.HTML(
            None,
            elem_id="fields",
            elem_classes="sc-none",
            apply_default_css=False,
            html_template='<div class="sc-fields"></div>',
            js_on_load=scripts.start(
                "fields.js", "readfields", "writefield", "confirmfield", "exportfields"
            ),
            **properties["fields"],
        )
        regions = gr.HTML(
            elem_id="regions",
            elem_classes="sc-none",
            apply_default_css=False,
            html_template='<div class="sc-regions"></div>',
            js_on_load=None,
        )
    return {"viewer": viewer, "fields": fields, "regions": regions}


def build_sides() -> gr.HTML:
    """The switch between chat and page (ui/static/page_sides.js); only narrow screens show it."""
    return gr.HTML(
        elem_id="sides",
        apply_default_css=False,
        html_template=template("page_sides.html"),
        js_on_load=None,
    )


@cache
def template(name: str) -> str:
    """The content of an HTML file in ui/static."""
    return (Path(__file__).parents[1] / "static" / name).read_text(encoding="utf-8")
