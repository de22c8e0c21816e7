// Answer each input with the request that a client would send. Replace `shape` by a call of your own code.
import { createInterface } from "node:readline";

const BASE_URL = "@@BASE_URL@@";

function shape(input) {
  return {
    method: "POST",
    url: `${input.base_url ?? BASE_URL}/chat/completions`,
    headers: [["Authorization", `Bearer ${input.api_key}`], ["Content-Type", "application/json"]],
    body: JSON.stringify({ model: input.model, messages: input.history }),
  };
}

const say = (message) => process.stdout.write(JSON.stringify(message) + "\n");

for await (const line of createInterface({ input: process.stdin })) {
  const { cmd, seq, input } = JSON.parse(line);
  if (cmd === "start") {
    say({ version: 1, implementation: { name: "acme" }, capabilities: { operations: ["chat"], inputs: [] } });
  } else if (cmd === "run") {
    try {
      say({ seq, n: 1, request: shape(input), done: true });
    } catch (error) {
      say({ seq, error: String(error), detail: error.stack });
    }
  } else if (cmd === "cancel") {
    say({ seq, cancelled: true });
  } else if (cmd === "stop") {
    break;
  }
}
