// werift: WebRTC in TypeScript.
import fs from "node:fs";

import { RTCPeerConnection } from "werift";

import { run } from "./harness.js";

const packageFile = new URL("./node_modules/werift/package.json", import.meta.url);

run({
  about: {
    stack: "werift",
    version: `${JSON.parse(fs.readFileSync(packageFile)).version} (Node.js ${process.version})`,
  },
  create: () => new RTCPeerConnection(),
  tellsLow: true,
  onLow: (channel, listener) => channel.bufferedAmountLow.subscribe(listener),
});
