// From the harness's input to what chat clients take, and from what they throw to the harness's outcome.

export const OPENROUTER = 'https://openrouter.ai/api/v1';
export const NO_KEY = { error: { class: 'auth', retryable: false, message: 'no API key is configured' } };

const ERROR_CLASSES = {
  401: 'auth', 402: 'billing', 403: 'auth', 404: 'model_not_found', 408: 'timeout', 429: 'rate_limit', 529: 'overloaded',
};

// The client has no way to say this; the message says what.
export class InexpressibleError extends Error {}

export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

export const baseUrl = (call) => call.base_url?.trim() || undefined;

// The provider's name, and the model's id there; OpenRouter's own models keep theirs (`openrouter/auto`).
export function providerAndModel(ref) {
  const [provider] = ref.split('/', 1);
  const model = ref.slice(provider.length + 1);
  return [provider, model.includes('/') ? model : ref];
}

export const maxTokens = ({ options, params }) => options?.max_tokens ?? params?.maxTokens;
export const temperature = ({ options, params }) => options?.temperature ?? params?.temperature;

// The blocks of a turn: text, image and tool_call, whatever way it was written.
export function blocks({ role, content, tool_calls: calls }) {
  const listed = typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []);
  if (!Array.isArray(listed)) throw new InexpressibleError(`content that is ${JSON.stringify(content)}`);
  for (const block of listed) {
    if (!['text', 'image', 'tool_call'].includes(block?.type)) {
      throw new InexpressibleError(`a block of the type ${block?.type ?? typeof block}`);
    }
    if (block.type === 'image' && role !== 'user') throw new InexpressibleError("an image that is not the user's");
    if (block.thoughtSignature !== undefined) throw new InexpressibleError('a tool call that is signed');
  }
  const called = (calls ?? []).map((call) => ({
    type: 'tool_call', id: call.id, name: call.function?.name, arguments: JSON.parse(call.function?.arguments || '{}'),
  }));
  return [...listed, ...called];
}

export const textOf = (listed) => listed.filter(({ type }) => type === 'text').map(({ text }) => text).join('');

// The outcome of a call that failed: with a status, or with none, where the provider was unreachable or
// answered what could not be read.
export function failure(status, message, { unreachable = true } = {}) {
  if (status == null) return { error: { class: 'timeout', retryable: unreachable, message } };
  const retryable = [408, 409, 429].includes(status) || status >= 500;
  const kind = ERROR_CLASSES[status] ?? (status >= 500 ? 'timeout' : 'format');
  return { error: { class: kind, status, retryable, message } };
}

// Tokens and cost, in the words of an outcome; JSON leaves out what is not stated.
export function usageOf(stated) {
  return {
    input_tokens: stated.prompt_tokens,
    output_tokens: stated.completion_tokens,
    total_tokens: stated.total_tokens,
    cached_tokens: stated.prompt_tokens_details?.cached_tokens,
    reasoning_tokens: stated.completion_tokens_details?.reasoning_tokens,
    cost: stated.cost,
  };
}
