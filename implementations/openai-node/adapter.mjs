// A chat application's call to OpenRouter, made with the `openai` package and nothing else, behind the
// harness's command protocol, version 1. The package gets a `fetch` that hands each request to the harness
// and waits for the reply, so nothing leaves this process but lines of JSON.

import { Console } from 'node:console';
import OpenAI from 'openai';
import { VERSION } from 'openai/version';

const OPENROUTER = 'https://openrouter.ai/api/v1';
const ERROR_CLASSES = {
  401: 'auth', 402: 'billing', 403: 'auth', 404: 'model_not_found', 408: 'timeout', 429: 'rate_limit', 529: 'overloaded',
};

globalThis.console = new Console(process.stderr, process.stderr); // stdout is the protocol's

// ---------------------------------------------------------------- the application

async function chat(call, { fetch, signal }) {
  if (!call.api_key) {
    return { error: { class: 'auth', retryable: false, message: 'no API key is configured' } };
  }
  const client = new OpenAI({ apiKey: call.api_key, baseURL: call.base_url?.trim() || OPENROUTER, fetch });
  try {
    const chunks = await client.chat.completions.create(body(call), { headers: call.headers ?? {}, signal });
    return await outcome(chunks);
  } catch (error) {
    if (signal.aborted) throw error;
    return { error: failure(error) };
  }
}

function body({ model, thinking, options, params, tools, ...call }) {
  const tokens = options?.max_tokens ?? params?.maxTokens;
  const temperature = options?.temperature ?? params?.temperature;
  return {
    model: modelId(model),
    messages: [...messages(call)],
    stream: true,
    ...(tokens != null && { max_completion_tokens: tokens }),
    ...(temperature != null && { temperature }),
    ...(tools?.length && { tools: tools.map((tool) => ({ type: 'function', function: tool })) }),
    ...(options?.tool_choice != null && { tool_choice: options.tool_choice }),
    ...(params?.parallel_tool_calls != null && { parallel_tool_calls: params.parallel_tool_calls }),
    ...(params?.provider !== undefined && { provider: params.provider }),
    ...(thinking != null && thinking !== 'off' && { reasoning: { effort: thinking } }),
    ...(isObject(params?.extra_body) && params.extra_body),
  };
}

const isObject = (value) => typeof value === 'object' && !Array.isArray(value);

// OpenRouter's own id: without the provider in front, save for its own models (`openrouter/auto`).
function modelId(ref) {
  const own = ref.slice(ref.indexOf('/') + 1);
  return own.includes('/') ? own : ref;
}

function* messages({ system, history }) {
  if (system) yield { role: 'system', content: system };
  for (const turn of history ?? []) {
    const { role, content } = turn;
    if (role === 'user') yield { role, content: typeof content === 'string' ? content : content.map(part) };
    else if (role === 'tool') yield { role, tool_call_id: turn.tool_call_id, content: textOf(content) };
    else if (role === 'assistant' && !turn.tool_calls) yield assistant(content);
    else yield turn;
  }
}

function part(block) {
  return block.type === 'text'
    ? { type: 'text', text: block.text }
    : { type: 'image_url', image_url: { url: `data:${block.mime_type};base64,${block.data}` } };
}

function assistant(content) {
  const calls = Array.isArray(content) ? content.filter((block) => block.type === 'tool_call') : [];
  return {
    role: 'assistant',
    content: textOf(content) || null,
    ...(calls.length && {
      tool_calls: calls.map(({ id, name, arguments: given }) => ({
        id, type: 'function', function: { name, arguments: JSON.stringify(given) },
      })),
    }),
  };
}

function textOf(content) {
  if (!Array.isArray(content)) return content ?? '';
  return content.filter((block) => block.type === 'text').map((block) => block.text).join('');
}

async function outcome(chunks) {
  const result = { text: '' };
  const calls = [];
  for await (const chunk of chunks) {
    if (chunk.usage) result.usage = usageOf(chunk.usage);
    for (const { delta, finish_reason } of chunk.choices ?? []) {
      result.text += delta?.content ?? '';
      for (const { index, id, function: piece } of delta?.tool_calls ?? []) {
        const call = (calls[index] ??= { id: '', name: '', arguments: '' });
        call.id += id ?? '';
        call.name += piece?.name ?? '';
        call.arguments += piece?.arguments ?? '';
      }
      if (finish_reason) result.finish_reason = finish_reason === 'tool_calls' ? 'toolUse' : finish_reason;
    }
  }
  if (calls.length) {
    result.tool_calls = calls.map((call) => ({ ...call, arguments: JSON.parse(call.arguments || '{}') }));
  }
  return result;
}

// Tokens and cost, in the words of an outcome; JSON leaves out what is not stated.
function usageOf(stated) {
  return {
    input_tokens: stated.prompt_tokens,
    output_tokens: stated.completion_tokens,
    total_tokens: stated.total_tokens,
    cached_tokens: stated.prompt_tokens_details?.cached_tokens,
    reasoning_tokens: stated.completion_tokens_details?.reasoning_tokens,
    cost: stated.cost,
  };
}

function failure(error) {
  const { status, message } = error;
  if (status !== undefined) {
    const retryable = [408, 409, 429].includes(status) || status >= 500;
    return { class: ERROR_CLASSES[status] ?? (status >= 500 ? 'timeout' : 'format'), status, retryable, message };
  }
  if (error instanceof OpenAI.APIConnectionError || error.message === 'terminated') {
    return { class: 'timeout', retryable: true, message };
  }
  if (error instanceof OpenAI.APIError) return { class: 'timeout', retryable: false, message }; // inside a stream
  if (error.code === 'ERR_INVALID_URL') return { class: 'format', retryable: false, message };
  throw error;
}

// ---------------------------------------------------------------- the protocol

const running = new Map(); // seq → the run's abort controller, the takers of replies by n, and the requests so far
const send = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

function fetchFor(seq, run) {
  return (url, { method = 'GET', headers, body: content = '', signal } = {}) =>
    new Promise((resolve, reject) => {
      if (new URL(url).username) {
        run.unsupported = 'fetch takes no URL with user-info';
        run.abort.abort();
      }
      signal?.throwIfAborted();
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      const n = ++run.requests;
      run.replies.set(n, (reply) => resolve(new Promise((made) => made(respond(reply)))));
      send({ seq, n, request: { method, url: String(url), headers: [...new Headers(headers)], body: content } });
    });
}

// Without a status no response arrived; with one, a fault ends the body. Either way it is what `fetch` makes of it.
function respond({ status, headers = [], chunks = [], fault }) {
  if (status === undefined) throw NO_RESPONSE[fault]();
  const bytes = chunks.map((chunk) => (chunk.base64 === undefined ? Buffer.from(chunk) : Buffer.from(chunk.base64, 'base64')));
  const stream = new ReadableStream({
    start: (controller) => bytes.forEach((chunk) => controller.enqueue(chunk)),
    pull: (controller) => (fault ? controller.error(new TypeError('terminated')) : controller.close()),
  }, { highWaterMark: 0 });
  return new Response([204, 205, 304].includes(status) ? null : stream, { status, headers });
}

const NO_RESPONSE = {
  timeout: () => new DOMException('This operation was aborted', 'AbortError'),
  reset: () => new TypeError('fetch failed', { cause: new Error('read ECONNRESET') }),
  refused: () => new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }),
};

async function perform({ seq, input }) {
  if (input.operation !== 'chat') return send({ seq, unsupported: `no ${input.operation}` });
  const run = { abort: new AbortController(), replies: new Map(), requests: 0 };
  running.set(seq, run);
  try {
    const result = await chat(input, { fetch: fetchFor(seq, run), signal: run.abort.signal });
    send({ seq, done: true, outcome: result });
  } catch (error) {
    if (run.unsupported) send({ seq, unsupported: run.unsupported });
    else if (run.abort.signal.aborted) send({ seq, cancelled: true });
    else send({ seq, error: String(error), detail: error?.stack ?? '' });
  } finally {
    running.delete(seq);
  }
}

const commands = {
  start: () =>
    send({
      version: 1,
      implementation: { name: 'openai-node', version: VERSION, language: 'javascript' },
      capabilities: {
        operations: ['chat'],
        inputs: ['headers', 'options', 'params', 'tools'],
        features: ['outcome', 'replies', 'steps'],
        mode: 'shape',
        concurrency: 16,
      },
    }),
  run: perform,
  reply: ({ seq, n, response }) => running.get(seq)?.replies.get(n)?.(response),
  cancel: ({ seq }) => running.get(seq)?.abort.abort(),
  stop: () => process.exit(0),
};

// Lines end at "\n" only: node:readline would also split at U+2028, which JSON may hold.
let pieces = [];
process.stdin.setEncoding('utf8').on('data', (text) => {
  const [head, ...lines] = text.split('\n');
  pieces.push(head);
  for (const line of lines) {
    const message = JSON.parse(pieces.join(''));
    pieces = [line];
    commands[message.cmd]?.(message);
  }
});
process.stdin.on('end', () => process.exit(0));
