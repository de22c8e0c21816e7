// A chat application's call to OpenRouter with the AI SDK and @openrouter/ai-sdk-provider, which is told the
// application's name and URL as its documentation shows.

import { createOpenRouter } from '@openrouter/ai-sdk-provider';
import { APICallError, InvalidArgumentError, jsonSchema, RetryError, streamText, tool } from 'ai';
import { createRequire } from 'node:module';
import {
  InexpressibleError, NO_KEY, baseUrl, blocks, failure, isObject, maxTokens, providerAndModel, temperature,
} from '../common/chat-calls.mjs';
import { serve } from '../common/serving.mjs';

const { version } = createRequire(import.meta.url)('@openrouter/ai-sdk-provider/package.json');

async function chat(call) {
  if (!call.api_key) return NO_KEY;
  const { params, options, tools } = call;
  const openrouter = createOpenRouter({
    apiKey: call.api_key,
    baseURL: baseUrl(call),
    appName: 'OpenClaw',
    appUrl: 'https://openclaw.ai',
    ...(isObject(params?.extra_body) && { extraBody: params.extra_body }),
  });
  return outcome(asked({
    model: openrouter.chat(modelId(call), {
      ...(call.thinking != null && call.thinking !== 'off' && { reasoning: { effort: call.thinking } }),
      ...(params?.provider !== undefined && { provider: params.provider }),
      ...(params?.parallel_tool_calls != null && { parallelToolCalls: params.parallel_tool_calls }),
    }),
    system: call.system ?? undefined,
    messages: messages(call),
    headers: call.headers,
    maxOutputTokens: maxTokens(call) ?? undefined,
    temperature: temperature(call) ?? undefined,
    tools: tools?.length ? Object.fromEntries(tools.map(asTool)) : undefined,
    toolChoice: asToolChoice(options?.tool_choice),
    allowSystemInMessages: true,
  }).fullStream);
}

function asked(question) {
  try {
    return streamText(question);
  } catch (error) {
    if (InvalidArgumentError.isInstance(error)) throw new InexpressibleError(`this: ${error.message}`);
    throw error;
  }
}

function modelId(call) {
  const [provider, model] = providerAndModel(call.model);
  if (provider !== 'openrouter') throw new InexpressibleError(`the provider ${provider}`);
  return model;
}

const asTool = ({ name, description, parameters }) => [name, tool({ description, inputSchema: jsonSchema(parameters ?? {}) })];

function asToolChoice(choice) {
  if (!isObject(choice)) return choice ?? undefined;
  return { type: 'tool', toolName: choice.function?.name ?? choice.name };
}

function messages({ history }) {
  const names = new Map();
  return (history ?? []).map((turn) => message(turn, names));
}

function message(turn, names) {
  const { role, content } = turn;
  const listed = blocks(turn);
  for (const { type, id, name } of listed) if (type === 'tool_call') names.set(id, name);
  if (role === 'tool') return { role, content: [result(turn, listed, names)] };
  if (role === 'system') {
    if (typeof content !== 'string') throw new InexpressibleError("a system message in blocks");
    return { role, content };
  }
  if (role !== 'user' && role !== 'assistant') throw new InexpressibleError(`a turn of the role ${role}`);
  return { role, content: typeof content === 'string' && !turn.tool_calls ? content : listed.map(part) };
}

function part({ type, text, data, mime_type: mediaType, id, name, arguments: input }) {
  if (type === 'text') return { type, text };
  if (type === 'image') return { type, image: data, mediaType };
  return { type: 'tool-call', toolCallId: id, toolName: name, input };
}

function result({ tool_call_id: toolCallId, name }, listed, names) {
  const toolName = name ?? names.get(toolCallId);
  if (toolName === undefined) throw new InexpressibleError('the result of a call that nobody made');
  const value = listed.map(({ text }) => text).join('');
  return { type: 'tool-result', toolCallId, toolName, output: { type: 'text', value } };
}

async function outcome(parts) {
  const found = { text: '' };
  const calls = [];
  for await (const each of parts) {
    if (each.type === 'text-delta') found.text += each.text;
    else if (each.type === 'tool-call') calls.push({ id: each.toolCallId, name: each.toolName, arguments: each.input });
    else if (each.type === 'finish') Object.assign(found, ended(each));
    else if (each.type === 'error') return failed(each.error);
  }
  return calls.length ? { ...found, tool_calls: calls } : found;
}

function ended({ finishReason, totalUsage: used }) {
  const usage = { input_tokens: used.inputTokens, output_tokens: used.outputTokens, total_tokens: used.totalTokens };
  return { finish_reason: finishReason === 'tool-calls' ? 'toolUse' : finishReason, usage };
}

function failed(error) {
  const last = RetryError.isInstance(error) ? error.lastError : error;
  const called = APICallError.isInstance(last);
  return failure(called ? last.statusCode : undefined, last?.message ?? String(last), { unreachable: called });
}

await serve('@openrouter/ai-sdk-provider', version, chat);
