"""Asks a server at HERD_URL through the client that openapi-generator makes. Ends with 0 if all is as it must be."""

import json
import os

import herd_client as herd

MODEL = "herd-tiny"
client = herd.ApiClient(herd.Configuration(host=os.environ["HERD_URL"]))


def status(call, *arguments):
    """Status of a call that may be refused; a refusal has OpenAI's envelope."""
    try:
        call(*arguments)
        return 200
    except herd.ApiException as error:
        assert set(json.loads(error.body)["error"]) == {"message", "type", "param", "code"}, error.body
        return error.status


models = herd.ModelsApi(client)
assert models.list_models().data[0].id == MODEL
assert models.retrieve_model(MODEL).object == "model"

chat = herd.ChatApi(client).create_chat_completion(
    herd.ChatCompletionRequest(
        model=MODEL,
        messages=[
            herd.ChatMessage(role=herd.ChatRole.SYSTEM, content="Be brief."),
            herd.ChatMessage(role=herd.ChatRole.USER, content=[{"type": "text", "text": "Hi"}]),
        ],
        temperature=0,
        max_tokens=5,
        logprobs=True,
        top_logprobs=2,
    )
)
assert chat.choices[0].message.role == "assistant"
assert len(chat.choices[0].logprobs.content[0].top_logprobs) == 2
assert chat.usage.completion_tokens <= 5

completion = herd.CompletionsApi(client).create_completion(
    herd.CompletionRequest(model=MODEL, prompt=["Good", "Bad"], max_tokens=3, echo=True)
)
assert len(completion.choices) == 2
assert completion.choices[1].text.startswith("Bad")

tokens = herd.TokensApi(client)
hello = tokens.tokenize(herd.TokenizeRequest(prompt="Hello", add_special_tokens=False))
assert hello.count == len(hello.tokens)
assert tokens.detokenize(herd.DetokenizeRequest(tokens=hello.tokens)).prompt == "Hello"

responses = herd.ResponsesApi(client)
first = responses.create_response(herd.ResponseRequest(model=MODEL, input="Hi", max_output_tokens=3))
assert first.status in ("completed", "incomplete")
assert first.output[0].type == "message"
second = responses.create_response(
    herd.ResponseRequest(
        model=MODEL,
        input=[{"role": "user", "content": "Again"}],
        max_output_tokens=3,
        previous_response_id=first.id,
    )
)
assert second.previous_response_id == first.id
assert responses.list_input_items(first.id).data[0].content[0]["text"] == "Hi"
assert responses.get_response(first.id).id == first.id
assert responses.delete_response(first.id).deleted
assert status(responses.get_response, first.id) == 404

llama = herd.LlamaApi(client).create_llama_chat_completion(
    herd.LlamaChatRequest(
        model=MODEL, messages=[herd.LlamaMessage(role="user", content="Hi")], max_completion_tokens=3
    )
)
assert llama.completion_message.role == "assistant"
assert llama.metrics[-1].metric == "num_total_tokens"

assert status(models.retrieve_model, "gpt-9") == 404
refused = herd.CompletionRequest(model=MODEL, prompt=7)
assert status(herd.CompletionsApi(client).create_completion, refused) == 400
