"""How sure an answer is, and the suggested places: the same in REST, at /v1 and over MCP."""

from typing import Any

import openai
import pytest

from engine.core.schema import CertaintyJudged, Evidence
from tests.api.served import Served, data_url, page_bytes
from tests.api.test_mcp import call
from tests.fakes import FakeFamily

PLACE = Evidence("a document", 0, (40.0, 60.04, 200.0, 90.0), "17 May", 0.0)


def asked(app: Served, way: str) -> Any:
    """The answer's fields by one way of asking."""
    question = "What is the total?"
    if way == "rest":
        with app.http() as http:
            file = {"file": ("scan.png", page_bytes())}
            return http.post("api/ask", data={"question": question}, files=file).json()
    if way == "mcp":
        return call(app, "ask", file=data_url(page_bytes()), question=question).structuredContent
    picture = {"type": "image_url", "image_url": {"url": data_url(page_bytes())}}
    message: Any = {"role": "user", "content": [{"type": "text", "text": question}, picture]}
    with openai.OpenAI(base_url=f"{app.url}/v1", api_key="none", max_retries=0) as client:
        if way == "stream":
            *_, last = client.chat.completions.create(model="fake", messages=[message], stream=True)
            return (last.model_extra or {})["scanchat"]
        whole = client.chat.completions.create(model="fake", messages=[message])
        return (whole.model_extra or {})["scanchat"]


@pytest.mark.parametrize("way", ["rest", "mcp", "whole", "stream"])
@pytest.mark.parametrize("certainty", ["unsure", "refused"])
def test_an_answer_says_how_sure_it_is_and_suggests_places_apart_from_its_evidence(
    app: Served, way: str, certainty: Any
) -> None:
    FakeFamily.judged = CertaintyJudged(certainty, (PLACE,))
    found = asked(app, way)
    assert found["certainty"] == certainty
    assert [one["text"] for one in found["suggestions"]] == ["17 May"]
    assert found["suggestions"][0]["bbox"] == [40.0, 60.0, 200.0, 90.0]
    assert "17 May" not in str(found["evidence"])


@pytest.mark.parametrize("way", ["rest", "mcp", "whole", "stream"])
def test_a_model_that_does_not_judge_its_answers_has_no_certainty(app: Served, way: str) -> None:
    found = asked(app, way)
    assert (found["certainty"], found["suggestions"]) == (None, [])
