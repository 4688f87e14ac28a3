// Asks a server at HERD_URL through Vercel's AI SDK: whole, streamed, tools, structured, pictures, wrong, full. Exits 0 if all is as it must be.
import assert from 'node:assert/strict';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, generateObject, generateText, streamText, tool } from 'ai';
import { z } from 'zod';

const url = process.env.HERD_URL;
assert.ok(url, 'HERD_URL must name the server');
const herd = createOpenAICompatible({
  name: 'herd',
  baseURL: `${url}/v1`,
  includeUsage: true,
  supportsStructuredOutputs: true,
});
const model = herd('herd-tiny');
const ask = { model, system: 'Be brief.', prompt: 'Good morning!', temperature: 0, seed: 5, maxOutputTokens: 12, maxRetries: 0 };
const weather = tool({
  description: 'The weather',
  inputSchema: z.object({ city: z.string() }),
});

async function textIsStreamedAsItIsWhole() {
  const whole = await generateText(ask);
  const stream = streamText(ask);
  let text = '';
  for await (const piece of stream.textStream) {
    text += piece;
  }
  assert.ok(whole.text.length > 0);
  assert.equal(text, whole.text);
  assert.equal(await stream.finishReason, whole.finishReason);
  assert.deepEqual((await stream.usage).outputTokens, whole.usage.outputTokens);
}

async function forcedToolIsCalled() {
  const forced = { ...ask, temperature: 1, maxOutputTokens: 80, tools: { weather }, toolChoice: 'required' };
  const whole = await generateText({ ...forced, seed: 4 });
  assert.ok(whole.toolCalls.length > 0);
  for (const call of whole.toolCalls) {
    assert.equal(call.toolName, 'weather');
    assert.equal(typeof call.input.city, 'string');
  }
  const stream = streamText({ ...forced, seed: 4 });
  const kinds = new Set();
  for await (const part of stream.fullStream) {
    kinds.add(part.type);
  }
  assert.ok(kinds.has('tool-input-start') && kinds.has('tool-input-delta') && kinds.has('tool-call'), [...kinds].join());
  const calls = await stream.toolCalls;
  assert.deepEqual(
    calls.map((call) => call.input),
    whole.toolCalls.map((call) => call.input),
  );
}

async function objectHasItsShape() {
  const answer = await generateObject({
    ...ask,
    temperature: 1,
    seed: 2,
    maxOutputTokens: 120,
    schema: z.object({ city: z.string().max(20), warm: z.boolean() }),
  });
  assert.equal(typeof answer.object.city, 'string');
  assert.equal(typeof answer.object.warm, 'boolean');
}

async function errorsHaveStatusAndMessage() {
  await assert.rejects(generateText({ ...ask, model: herd('gpt-9') }), (error) => {
    assert.ok(APICallError.isInstance(error));
    assert.equal(error.statusCode, 404);
    assert.match(error.message, /gpt-9/);
    return true;
  });
}

async function pictureIsSeen() {
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';
  const question = (...more) => ({
    model,
    temperature: 0,
    maxOutputTokens: 4,
    maxRetries: 0,
    messages: [{ role: 'user', content: [{ type: 'text', text: 'What is this?' }, ...more] }],
  });
  const without = await generateText(question());
  const image = { type: 'image', image: Buffer.from(png, 'base64'), mediaType: 'image/png' };
  const { usage } = await generateText(question(image));
  assert.equal(usage.inputTokens, without.usage.inputTokens + 147);
}

async function fullServerIsAskedAgain() {
  const narrow = createOpenAICompatible({ name: 'herd', baseURL: `${process.env.HERD_NARROW_URL}/v1` })('herd-tiny');
  const leave = new AbortController();
  const occupying = await fetch(`${process.env.HERD_NARROW_URL}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'herd-tiny', messages: [{ role: 'user', content: 'Hi' }], stream: true, ignore_eos: true }),
    signal: leave.signal,
  });
  assert.equal(occupying.status, 200);
  await assert.rejects(generateText({ ...ask, model: narrow }), (error) => error.statusCode === 429 && error.isRetryable);
  setTimeout(() => leave.abort(), 300);
  const answer = await generateText({ ...ask, model: narrow, maxRetries: 5 });
  assert.ok(answer.text.length > 0);
}

await textIsStreamedAsItIsWhole();
await forcedToolIsCalled();
await objectHasItsShape();
await pictureIsSeen();
await errorsHaveStatusAndMessage();
await fullServerIsAskedAgain();
console.log('the AI SDK is content');
