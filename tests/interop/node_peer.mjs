// Stacks of npm with the W3C's RTCPeerConnection, as a program with the commands and events of
// docs/peer-protocol.md: node node_peer.mjs wrtc|werift FOLDER [CONFIGURATION]. FOLDER has node_modules.
// What it speaks is peer.js, as in a page.
import fs from 'node:fs';
import {createRequire} from 'node:module';
import readline from 'node:readline';

const [name, folder, configuration] = process.argv.slice(2);
const require = createRequire(`${folder}/`);
const stack = require({wrtc: '@roamhq/wrtc', werift: 'werift'}[name]);
globalThis.RTCPeerConnection = stack.RTCPeerConnection;

const write = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const source = fs.readFileSync(new URL('peer.js', import.meta.url), 'utf8');
const peer = await (0, eval)(source)(undefined, configuration ? JSON.parse(configuration) : {});

(async () => {
  for (;;) (await peer.take(1000)).forEach(write);
})();
write({event: 'ready'});

for await (const line of readline.createInterface({input: process.stdin})) {
  const {ref, ...command} = JSON.parse(line);
  try {
    write({...(await peer.command(command)), ref});
  } catch (error) {
    write({event: 'error', op: command.op, name: error.name ?? 'Error', message: `${error.message ?? error}`, ref});
  }
}
process.exit(0);
