// libwebrtc in Node.js (@roamhq/wrtc). It has no event for a low buffer: that is looked at by timer.
import { createRequire } from "node:module";

import { run } from "./harness.js";

const require = createRequire(import.meta.url);
const wrtc = require("@roamhq/wrtc");

run({
  about: {
    stack: "wrtc",
    version: `@roamhq/wrtc ${require("@roamhq/wrtc/package.json").version} (Node.js ${process.version})`,
  },
  create: () => new wrtc.RTCPeerConnection(),
  tellsLow: false,
  onLow: () => {},
});
