// The command protocol of the harness for a client that really sends: one process, one call after the other.
// Whatever the client prints goes to standard error.

import { Console } from 'node:console';
import { createInterface } from 'node:readline';
import { InexpressibleError } from './chat-calls.mjs';

globalThis.console = new Console(process.stderr, process.stderr);

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

// `chat` makes one call and resolves to its outcome.
export async function serve(name, version, chat) {
  // The harness writes ASCII, so no line ends where JSON does not.
  for await (const line of createInterface({ input: process.stdin })) {
    const { cmd, seq, input } = JSON.parse(line);
    if (cmd === 'start') {
      say({
        version: 1,
        implementation: { name, version, language: 'JavaScript' },
        capabilities: {
          operations: ['chat'],
          inputs: ['headers', 'options', 'params', 'tools'],
          features: ['outcome', 'replies', 'steps'],
          mode: 'send',
        },
      });
    } else if (cmd === 'run') {
      try {
        say({ seq, done: true, outcome: await chat(input) });
      } catch (error) {
        if (error instanceof InexpressibleError) say({ seq, unsupported: `${name} cannot say ${error.message}` });
        else say({ seq, error: String(error), detail: error?.stack ?? '' });
      }
    } else if (cmd === 'cancel') {
      say({ seq, cancelled: true });
    } else if (cmd === 'stop') {
      break;
    }
  }
  process.exit(0);
}
