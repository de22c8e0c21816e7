// A chat application's call to OpenRouter with the `openai` package: one program, one call, in a process of its own.
// It reads the call as JSON from standard input, and prints what came of it as JSON.

import { json } from 'node:stream/consumers';
import OpenAI from 'openai';
import {
  InexpressibleError, NO_KEY, OPENROUTER, baseUrl, blocks, failure, isObject, maxTokens, providerAndModel, temperature, textOf,
  usageOf,
} from '../common/chat-calls.mjs';

async function chat(call) {
  const apiKey = call.api_key || process.env.OPENROUTER_API_KEY;
  if (!apiKey) return NO_KEY;
  const client = new OpenAI({ apiKey, baseURL: baseUrl(call) ?? OPENROUTER });
  try {
    return await gathered(await client.chat.completions.create(body(call), { headers: call.headers }));
  } catch (error) {
    if (error instanceof OpenAI.APIError) {
      return failure(error.status, error.message, { unreachable: error instanceof OpenAI.APIConnectionError });
    }
    if (error.code === 'ERR_INVALID_URL') return { error: { class: 'format', retryable: false, message: error.message } };
    throw error;
  }
}

function body(call) {
  const { params, options, tools, thinking } = call;
  return {
    model: providerAndModel(call.model)[1],
    messages: messages(call),
    stream: true,
    ...(maxTokens(call) != null && { max_completion_tokens: maxTokens(call) }),
    ...(temperature(call) != null && { temperature: temperature(call) }),
    ...(tools?.length && { tools: tools.map((tool) => ({ type: 'function', function: tool })) }),
    ...(options?.tool_choice != null && { tool_choice: options.tool_choice }),
    ...(params?.parallel_tool_calls != null && { parallel_tool_calls: params.parallel_tool_calls }),
    ...(params?.provider !== undefined && { provider: params.provider }),
    ...(thinking != null && thinking !== 'off' && { reasoning: { effort: thinking } }),
    ...(isObject(params?.extra_body) && params.extra_body),
  };
}

function messages({ system, history }) {
  const turns = (history ?? []).map(message);
  return system ? [{ role: 'system', content: system }, ...turns] : turns;
}

function message(turn) {
  const { role, content } = turn;
  const listed = blocks(turn);
  if (role === 'tool') return { role, tool_call_id: turn.tool_call_id, content: textOf(listed) };
  if (role !== 'assistant') return { role, content: typeof content === 'string' ? content : listed.map(part) };
  const calls = listed.filter(({ type }) => type === 'tool_call');
  return {
    role,
    content: textOf(listed) || null,
    ...(calls.length && {
      tool_calls: calls.map((call) => ({
        id: call.id, type: 'function', function: { name: call.name, arguments: JSON.stringify(call.arguments) },
      })),
    }),
  };
}

const part = ({ type, text, mime_type: mime, data }) =>
  type === 'text' ? { type, text } : { type: 'image_url', image_url: { url: `data:${mime};base64,${data}` } };

async function gathered(chunks) {
  const result = { text: '' };
  const calls = [];
  for await (const chunk of chunks) {
    if (chunk.usage) result.usage = usageOf(chunk.usage);
    for (const { delta, finish_reason: reason } of chunk.choices ?? []) {
      result.text += delta?.content ?? '';
      for (const { index, id, function: piece } of delta?.tool_calls ?? []) {
        const call = (calls[index] ??= { id: '', name: '', arguments: '' });
        call.id += id ?? '';
        call.name += piece?.name ?? '';
        call.arguments += piece?.arguments ?? '';
      }
      if (reason) result.finish_reason = reason === 'tool_calls' ? 'toolUse' : reason;
    }
  }
  if (calls.length) {
    result.tool_calls = calls.map((call) => ({ ...call, arguments: JSON.parse(call.arguments || '{}') }));
  }
  return result;
}

try {
  console.log(JSON.stringify(await chat(await json(process.stdin))));
} catch (error) {
  if (!(error instanceof InexpressibleError)) throw error;
  console.log(JSON.stringify({ unsupported: `openai cannot say ${error.message}` }));
}
