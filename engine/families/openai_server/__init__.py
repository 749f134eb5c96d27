"""Models that another program serves over OpenAI's HTTP API: vLLM, SGLang, llama.cpp and others.

`family` is the adapter, `client` speaks to the server and tries again, `breaker` leaves a server
alone that is away, `health` looks at it; `messages` writes a conversation as the API wants it,
`formats` knows how its model sees pages and writes places, `grammar` holds an answer to the page.
"""
