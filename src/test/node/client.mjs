// Asks a server at HERD_URL through OpenAI's own client: whole, streamed, wrong, with pictures, aborted. Exits 0 if all is as it must be.
import assert from 'node:assert/strict';
import { crc32, deflateSync } from 'node:zlib';
import OpenAI from 'openai';

const url = process.env.HERD_URL;
assert.ok(url, 'HERD_URL must name the server');
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0, timeout: 120_000 });
const messages = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: [{ type: 'text', text: 'Good ' }, { type: 'text', text: 'morning!' }] },
];
const ask = { model: 'herd-tiny', messages, temperature: 0, seed: 5, max_tokens: 12 };

async function metric(name) {
  const text = await (await fetch(`${url}/q/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  assert.ok(line, `no metric ${name}`);
  return Number(line.slice(name.length + 1));
}

async function wholeAnswer() {
  const answer = await client.chat.completions.create(ask);
  assert.equal(answer.object, 'chat.completion');
  assert.equal(answer.choices.length, 1);
  assert.equal(answer.choices[0].message.role, 'assistant');
  assert.equal(answer.choices[0].message.refusal, null);
  assert.equal(typeof answer.choices[0].message.content, 'string');
  assert.ok(['stop', 'length'].includes(answer.choices[0].finish_reason));
  assert.ok(answer.usage.completion_tokens > 0 && answer.usage.completion_tokens <= 12);
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
  assert.match(answer._request_id, /^req_/);
  return answer;
}

async function streamedAnswer(whole) {
  const stream = await client.chat.completions.create({
    ...ask,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = '';
  let last;
  for await (const event of stream) {
    text += event.choices[0]?.delta?.content ?? '';
    last = event;
  }
  assert.equal(text, whole.choices[0].message.content, 'streamed and whole answers differ');
  assert.deepEqual(last.choices, []);
  assert.deepEqual(last.usage.completion_tokens, whole.usage.completion_tokens);
}

async function accumulatedStream(whole) {
  const answer = await client.chat.completions.stream(ask).finalChatCompletion();
  assert.equal(answer.choices[0].message.content, whole.choices[0].message.content);
  assert.equal(answer.choices[0].finish_reason, whole.choices[0].finish_reason);
}

async function errors() {
  await assert.rejects(client.chat.completions.create({ ...ask, model: 'gpt-9' }), (error) => {
    assert.ok(error instanceof OpenAI.NotFoundError);
    assert.equal(error.code, 'model_not_found');
    assert.equal(error.param, 'model');
    return true;
  });
  await assert.rejects(client.chat.completions.create({ ...ask, temperature: 3 }), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.equal(error.type, 'invalid_request_error');
    assert.equal(error.param, 'temperature');
    return true;
  });
  await assert.rejects(client.models.retrieve('gpt-9'), OpenAI.NotFoundError);
}

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
    strict: true,
  },
};

async function tools() {
  const forced = {
    ...ask,
    temperature: 1,
    seed: 6,
    max_tokens: 80,
    tools: [weather],
    tool_choice: { type: 'function', function: { name: 'get_weather' } },
  };
  const whole = await client.chat.completions.create(forced);
  const [choice] = whole.choices;
  assert.equal(choice.finish_reason, 'tool_calls');
  assert.equal(choice.message.content, null);
  assert.equal(choice.message.tool_calls.length, 1);
  const [call] = choice.message.tool_calls;
  assert.equal(call.function.name, 'get_weather');
  assert.equal(typeof JSON.parse(call.function.arguments).city, 'string');

  const streamed = await client.chat.completions.stream(forced).finalChatCompletion();
  assert.equal(streamed.choices[0].message.tool_calls[0].function.arguments, call.function.arguments);

  const next = await client.chat.completions.create({
    ...ask,
    tools: [weather],
    messages: [...messages, choice.message, { role: 'tool', tool_call_id: call.id, content: 'sunny' }],
  });
  assert.equal(next.choices.length, 1);
}

async function structuredOutput() {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string', maxLength: 20 }, warm: { type: 'boolean' } },
    required: ['city', 'warm'],
    additionalProperties: false,
  };
  const answer = await client.chat.completions.parse({
    ...ask,
    temperature: 1,
    seed: 2,
    max_tokens: 120,
    response_format: { type: 'json_schema', json_schema: { name: 'weather', strict: true, schema } },
  });
  assert.equal(typeof answer.choices[0].message.parsed.city, 'string');
  assert.equal(typeof answer.choices[0].message.parsed.warm, 'boolean');
}

async function retries() {
  const busy = { ...ask, max_tokens: 8000, ignore_eos: true, stream: true };
  const narrow = new OpenAI({ baseURL: `${process.env.HERD_NARROW_URL}/v1`, apiKey: 'none', maxRetries: 8 });
  const occupying = await narrow.chat.completions.create(busy);
  await assert.rejects(narrow.chat.completions.create(ask, { maxRetries: 0 }), OpenAI.RateLimitError);
  setTimeout(() => occupying.controller.abort(), 500);
  const answer = await narrow.chat.completions.create(ask);
  assert.equal(answer.choices.length, 1);
}

async function models() {
  const names = [];
  for await (const model of client.models.list()) {
    names.push(model.id);
  }
  assert.deepEqual(names, ['herd-tiny']);
}

async function abort() {
  const cancelled = 'herd_request_duration_seconds_count{finish_reason="cancelled"}';
  const before = await metric(cancelled);
  const stream = await client.chat.completions.create({ ...ask, max_tokens: 8000, ignore_eos: true, stream: true });
  let events = 0;
  for await (const event of stream) {
    assert.ok(event.choices.length <= 1);
    if (++events === 3) {
      stream.controller.abort();
    }
  }
  for (let glances = 0; glances < 600 && (await metric(cancelled)) === before; glances++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(await metric(cancelled), before + 1, 'the aborted answer was not cancelled');
  assert.equal(await metric('herd_requests_running'), 0);
}

/** A PNG of one colour, without a library: stored, not compressed. */
function png(width, height, rgb) {
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, Buffer.from(rgb))]);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const section = (name, data) => {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const data = deflateSync(Buffer.concat(Array(height).fill(row)));
  const file = Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    section('IHDR', header),
    section('IDAT', data),
    section('IEND', Buffer.alloc(0)),
  ]);
  return `data:image/png;base64,${file.toString('base64')}`;
}

async function streamed(conversation) {
  const stream = await client.chat.completions.create({
    ...ask,
    messages: conversation,
    max_tokens: 4,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = '';
  let usage;
  for await (const event of stream) {
    text += event.choices[0]?.delta?.content ?? '';
    usage = event.usage ?? usage;
  }
  return { text, usage };
}

async function pictures() {
  const misses = await metric('herd_image_cache_misses_total');
  const conversation = [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What differs between ' },
        { type: 'image_url', image_url: { url: png(60, 40, [200, 30, 30]) } },
        { type: 'text', text: ' and ' },
        { type: 'image_url', image_url: { url: png(400, 300, [30, 30, 200]), detail: 'high' } },
        { type: 'text', text: '?' },
      ],
    },
  ];
  const questions = ['Which is larger?', 'Which is red?', undefined];
  let tiles;
  for (const question of questions) {
    const { text, usage } = await streamed(conversation);
    assert.equal(usage.prompt_tokens_details.image_tokens, 147 + 147 + 145 * 2);
    tiles ??= await metric('herd_image_tiles_total');
    conversation.push({ role: 'assistant', content: text }, { role: 'user', content: [{ type: 'text', text: question ?? '' }] });
  }
  assert.equal(await metric('herd_image_cache_misses_total'), misses + 2, 'a picture was encoded again');
  assert.equal(await metric('herd_image_tiles_total'), tiles, 'a tile was encoded again');
  const low = { type: 'image_url', image_url: { url: 'https://pictures.example/a.png' } };
  await assert.rejects(client.chat.completions.create({ ...ask, messages: [{ role: 'user', content: [low] }] }), (error) => {
    assert.equal(error.code, 'invalid_image_url');
    assert.equal(error.param, 'messages[0].content[0].image_url.url');
    return true;
  });
}

const whole = await wholeAnswer();
await streamedAnswer(whole);
await accumulatedStream(whole);
await errors();
await tools();
await structuredOutput();
await retries();
await models();
await pictures();
await abort();
console.log('the client is content');
