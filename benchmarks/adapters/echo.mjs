// The same child as echo.py, in JavaScript.
import { createInterface } from "node:readline";

const answer = (value) => process.stdout.write(JSON.stringify(value) + "\n");

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.cmd === "start") {
    answer({ version: 1, implementation: { name: "echo" }, capabilities: { inputs: ["*"] } });
  } else if (message.cmd === "run") {
    const request = {
      method: "POST",
      url: "https://openrouter.ai/api/v1/chat/completions",
      headers: [["content-type", "application/json"]],
      body: JSON.stringify(message.input),
    };
    answer({ seq: message.seq, n: 1, request, done: true });
  } else {
    process.exit(0);
  }
}
