"""Models that another program serves over OpenAI's HTTP API: vLLM, SGLang, llama.cpp and others.

`family` is the adapter, `client` sends and retries requests, `breaker` is a circuit breaker,
`health` checks a server, `failures` maps its errors to messages. `request` and `messages` build the
request, `formats` describes how a model gets pages and writes boxes, `counting` and `fitting`
shorten a conversation to the context. `answer` and `characters` process the stream, `grammar`
constrains an answer to the page.
"""
