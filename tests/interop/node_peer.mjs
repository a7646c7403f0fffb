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
const came = [];  // of a stack that decodes nothing: the kind of each track, and how many frames ended
if (name === 'wrtc') devices(stack);
if (name === 'werift') echoes(stack);

// A camera and a microphone for wrtc, which has none: pictures that change, and a tone.
function devices({MediaStream, RTCRtpReceiver, nonstandard: {RTCVideoSource, RTCAudioSource}}) {
  const [width, height, rate] = [320, 240, 48000];
  const video = () => {
    const source = new RTCVideoSource(), data = new Uint8ClampedArray(width * height * 3 / 2).fill(128);
    let number = 0;
    setInterval(() => {
      data.fill(number++ * 5 % 256, 0, width * height);
      source.onFrame({width, height, data});
    }, 40);
    return source.createTrack();
  };
  const audio = () => {
    const source = new RTCAudioSource(), count = rate / 100;
    let at = 0;
    setInterval(() => {
      const samples = Int16Array.from({length: count}, () => 8000 * Math.sin(2 * Math.PI * 440 * at++ / rate));
      source.onData({samples, sampleRate: rate, bitsPerSample: 16, channelCount: 1, numberOfFrames: count});
    }, 10);
    return source.createTrack();
  };
  Object.assign(globalThis, {MediaStream, RTCRtpReceiver});
  const mediaDevices = {getUserMedia: async ({video: v}) => new MediaStream([v ? video() : audio()])};
  Object.defineProperty(globalThis, 'navigator', {value: {mediaDevices}, configurable: true});
}

// Neither has werift, nor any codec: it sends back what comes, the first track of ours on the first of its own, and counts.
function echoes({MediaStream, MediaStreamTrack, RTCPeerConnection, useH264, useOPUS, useVP8}) {
  const codecs = {audio: [useOPUS()], video: [useVP8(), useH264()]};
  const mine = {audio: [], video: []};
  globalThis.MediaStream = MediaStream;
  globalThis.RTCRtpReceiver = {getCapabilities: (kind) => ({codecs: codecs[kind]})};
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration) {
      super({...configuration, codecs});
      this.onTrack.subscribe((track) => {
        const place = came.filter(({kind}) => kind === track.kind).length;
        const counted = {kind: track.kind, decoded: 0};
        came.push(counted);
        track.onReceiveRtp.subscribe((packet) => {
          counted.decoded += track.kind === 'audio' || packet.header.marker;
          mine[track.kind][place]?.writeRtp(packet.clone());
        });
      });
    }
  };
  const getUserMedia = async ({video}) => {
    const kind = video ? 'video' : 'audio', track = new MediaStreamTrack({kind});
    mine[kind].push(track);
    return new MediaStream([track]);
  };
  Object.defineProperty(globalThis, 'navigator', {value: {mediaDevices: {getUserMedia}}, configurable: true});
}

function frames() {
  const count = (wanted) => came.filter(({kind}) => kind === wanted).reduce((sum, {decoded}) => sum + decoded, 0);
  return {event: 'frames', decoded: {audio: count('audio'), video: count('video')}, tracks: came};
}

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
    const answer = command.op === 'frames' && name === 'werift' ? frames() : await peer.command(command);
    write({...answer, ref});
  } catch (error) {
    write({event: 'error', op: command.op, name: error.name ?? 'Error', message: `${error.message ?? error}`, ref});
  }
}
process.exit(0);
