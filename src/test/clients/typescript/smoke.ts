// Asks a server at HERD_URL through the client that openapi-generator makes. Exits 0 if all is as it must be.
import assert from 'node:assert/strict';
import {
  ChatApi,
  ChatRole,
  CompletionsApi,
  Configuration,
  LlamaApi,
  ModelsApi,
  ResponseError,
  ResponsesApi,
  TokensApi,
} from './index.js';

const basePath = process.env.HERD_URL;
assert.ok(basePath, 'HERD_URL must name the server');
const at = new Configuration({ basePath });
const model = 'herd-tiny';

async function status(call: Promise<unknown>): Promise<number> {
  try {
    await call;
    return 200;
  } catch (error) {
    assert.ok(error instanceof ResponseError, String(error));
    const body = (await error.response.json()) as { error: { message: string } };
    assert.equal(typeof body.error.message, 'string');
    return error.response.status;
  }
}

const models = new ModelsApi(at);
assert.equal((await models.listModels()).data[0].id, model);
assert.equal((await models.retrieveModel({ model })).object, 'model');

const chat = await new ChatApi(at).createChatCompletion({
  chatCompletionRequest: {
    model,
    messages: [
      { role: ChatRole.System, content: 'Be brief.' },
      { role: ChatRole.User, content: [{ type: 'text', text: 'Hi' }] },
    ],
    temperature: 0,
    maxTokens: 5,
    logprobs: true,
    topLogprobs: 2,
  },
});
assert.equal(chat.choices[0].message.role, 'assistant');
assert.equal(chat.choices[0].logprobs?.content?.[0].topLogprobs.length, 2);
assert.ok(chat.usage.completionTokens <= 5);

const completion = await new CompletionsApi(at).createCompletion({
  completionRequest: { model, prompt: ['Good', 'Bad'], maxTokens: 3, echo: true },
});
assert.equal(completion.choices.length, 2);
assert.ok(completion.choices[1].text.startsWith('Bad'));

const tokens = new TokensApi(at);
const hello = await tokens.tokenize({ tokenizeRequest: { prompt: 'Hello', addSpecialTokens: false } });
assert.equal(hello.count, hello.tokens.length);
assert.equal((await tokens.detokenize({ detokenizeRequest: { tokens: hello.tokens } })).prompt, 'Hello');

const responses = new ResponsesApi(at);
const first = await responses.createResponse({ responseRequest: { model, input: 'Hi', maxOutputTokens: 3 } });
assert.ok(['completed', 'incomplete'].includes(first.status));
assert.equal(first.output[0].type, 'message');
const second = await responses.createResponse({
  responseRequest: {
    model,
    input: [{ role: 'user', content: 'Again' }],
    maxOutputTokens: 3,
    previousResponseId: first.id,
  },
});
assert.equal(second.previousResponseId, first.id);
assert.equal((await responses.listInputItems({ id: first.id })).data[0].content[0].text, 'Hi');
assert.equal((await responses.getResponse({ id: first.id })).id, first.id);
assert.equal((await responses.deleteResponse({ id: first.id })).deleted, true);
assert.equal(await status(responses.getResponse({ id: first.id })), 404);

const llama = await new LlamaApi(at).createLlamaChatCompletion({
  llamaChatRequest: { model, messages: [{ role: 'user', content: 'Hi' }], maxCompletionTokens: 3 },
});
assert.equal(llama.completionMessage.role, 'assistant');
assert.equal(llama.metrics.at(-1)?.metric, 'num_total_tokens');

assert.equal(await status(models.retrieveModel({ model: 'gpt-9' })), 404);
assert.equal(await status(new CompletionsApi(at).createCompletion({ completionRequest: { model, prompt: 7 } })), 400);
