// The protocol of ../README.md for stacks in Node.js that have the W3C's RTCPeerConnection.
import net from "node:net";
import readline from "node:readline";

import { Content } from "./content.js";

const now = () => Number(process.hrtime.bigint()) / 1000; // µs
const EARLIEST_AGAIN_MS = 1; // how soon the buffer is looked at where no event tells of it

// One connection: its place in the signalling, and its share of the work.
class Link {
  constructor(program, index, offers) {
    Object.assign(this, { program, index, offers, begun: now(), work: "nothing", early: [] });
    this.received = this.bad = this.firstBad = this.sent = 0;
    this.opened = new Promise((resolve, reject) => Object.assign(this, { resolve, fail: reject }));
    this.opened.catch(() => {}); // nobody may be waiting
  }

  tell(line) {
    this.program.tell({ c: this.index, ...line });
  }

  // ---- connecting

  start() {
    if (this.offers) this.tell({ create: true });
    this.connection = this.program.stack.create();
    this.connection.onicecandidate = ({ candidate }) => {
      if (!candidate?.candidate) return;
      const { candidate: text, sdpMid, sdpMLineIndex } = candidate;
      this.tell({ candidate: { candidate: text, sdpMid, sdpMLineIndex } });
    };
    this.connection.onconnectionstatechange = () => {
      if (this.connection?.connectionState === "failed") this.fail(new Error("the connection failed"));
    };
    this.connection.ondatachannel = ({ channel }) => this.setChannel(channel);
    if (!this.offers) this.tell({ created: true });
  }

  setChannel(channel) {
    this.channel = channel;
    channel.binaryType = "arraybuffer";
    channel.onmessage = ({ data }) => this.message(Buffer.isBuffer(data) ? data : Buffer.from(data));
    this.program.stack.onLow(channel, () => this.fill());
    if (channel.readyState === "open") this.channelOpened();
    else channel.onopen = () => this.channelOpened();
  }

  channelOpened() {
    if (this.ownOpen) return;
    this.ownOpen = true;
    if (!this.offers) this.tell({ open: true });
    this.lookWhetherOpen();
  }

  lookWhetherOpen() {
    if (!this.ownOpen || (this.offers && !this.peerOpen)) return;
    const end = now();
    this.resolve([Math.round(end - this.bothCreated), Math.round(end - this.begun)]);
  }

  async take(line) {
    if (line.created) {
      this.bothCreated = now();
      this.setChannel(this.connection.createDataChannel("bench"));
      await this.describe(await this.connection.createOffer());
    } else if (line.description) {
      await this.connection.setRemoteDescription(line.description);
      this.hasDescription = true;
      for (const candidate of this.early.splice(0)) await this.connection.addIceCandidate(candidate);
      if (line.description.type === "offer") await this.describe(await this.connection.createAnswer());
    } else if (line.candidate) {
      if (this.hasDescription) await this.connection.addIceCandidate(line.candidate);
      else this.early.push(line.candidate);
    } else if (line.open) {
      this.peerOpen = true;
      this.lookWhetherOpen();
    }
  }

  async describe(description) {
    await this.connection.setLocalDescription(description);
    const { type, sdp } = this.connection.localDescription ?? description;
    this.tell({ description: { type, sdp } });
  }

  close() {
    this.work = "nothing";
    const connection = this.connection;
    this.connection = undefined;
    connection?.close();
  }

  // ---- the work

  expect(size) {
    Object.assign(this, { content: new Content(size), size, received: 0, bad: 0, work: "receive" });
  }

  counted() {
    return { us: now(), messages: this.received, bytes: this.received * this.size, bad: this.bad,
      first_bad: this.firstBad };
  }

  message(message) {
    if (this.work === "receive") {
      const number = this.received++;
      if (this.content.isMessage(message, number)) return;
      if (this.bad++ === 0) this.firstBad = number;
    } else if (this.work === "echo") {
      this.channel.send(message);
    } else if (this.work === "ping") {
      this.takePong(message);
    } else {
      ++this.bad;
    }
  }

  startSending({ size, buffer, low }) {
    Object.assign(this, { content: new Content(size), size, buffer, sent: 0, work: "send" });
    this.channel.bufferedAmountLowThreshold = low;
    this.fill();
  }

  // A slice at a time: the loop has others to serve, the command that ends this among them.
  fill() {
    if (this.work !== "send") return;
    for (let i = 0; i < 64; ++i) {
      if (this.channel.bufferedAmount + this.size > this.buffer) {
        if (!this.program.stack.tellsLow) setTimeout(() => this.fill(), EARLIEST_AGAIN_MS);
        return;
      }
      this.channel.send(this.content.message(this.sent));
      ++this.sent;
    }
    if (this.isFilling) return;
    this.isFilling = true;
    setImmediate(() => {
      this.isFilling = false;
      this.fill();
    });
  }

  ping({ size, count, seconds }) {
    Object.assign(this, { content: new Content(size), times: [], wanted: count, bad: 0, work: "ping" });
    this.pingEnd = now() + seconds * 1e6;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("a ping was not answered")), (seconds + 10) * 1000);
      this.pinged = () => {
        clearTimeout(timer);
        resolve({ us: this.times, bad: this.bad });
      };
      this.sendPing();
    });
  }

  sendPing() {
    const message = this.content.message(this.times.length);
    this.pingSent = now();
    this.channel.send(message);
  }

  takePong(message) {
    const end = now();
    if (!this.content.isMessage(message, this.times.length)) ++this.bad;
    this.times.push(Math.round((end - this.pingSent) * 10) / 10);
    if (this.times.length < this.wanted && end < this.pingEnd) return this.sendPing();
    this.work = "nothing";
    this.pinged();
  }
}

class Program {
  constructor(stack, descriptor) {
    Object.assign(this, { stack, links: new Map(), next: 0 });
    this.signalling = new net.Socket({ fd: descriptor, readable: true, writable: true });
    readline.createInterface({ input: this.signalling }).on("line", (text) => this.signal(JSON.parse(text)));
  }

  tell(line) {
    this.signalling.write(JSON.stringify(line) + "\n");
  }

  // One line after the other: a description first, then its candidates.
  signal(line) {
    if (line.create) return this.add(line.c, false).start();
    if (line.close) return this.remove(line.c);
    const link = this.links.get(line.c);
    if (link) link.turn = (link.turn ?? Promise.resolve()).then(() => link.take(line)).catch(link.fail);
  }

  add(index, offers) {
    const link = new Link(this, index, offers);
    this.links.set(index, link);
    return link;
  }

  remove(index) {
    const link = this.links.get(index);
    this.links.delete(index);
    link?.close();
  }

  async execute(command) {
    const { op, c = 0 } = command;
    if (op === "open") return this.open(command);
    if (op === "close") return void [...this.links.keys()].forEach((index) => this.remove(index));
    const link = this.links.get(c);
    if (!link) throw new Error("there is no such connection");
    if (op === "receive") return link.expect(command.size);
    if (op === "count") return link.counted();
    if (op === "send") return link.startSending(command);
    if (op === "echo") return void (link.work = "echo");
    if (op === "ping") return link.ping(command);
    if (op === "stop") {
      link.work = "nothing";
      return { messages: link.sent };
    }
    throw new Error(`there is no command ${op}`);
  }

  async open({ count, at_once, seconds, timeout_ms, close = false }) {
    const first = this.next;
    const start = now();
    const us = [], total_us = [], failures = [];
    const one = async () => {
      while (this.next - first < count && now() - start < seconds * 1e6) {
        const index = this.next++;
        const link = this.add(index, true);
        let timer;
        const late = new Promise((_, reject) => {
          timer = setTimeout(() => reject(new Error("not open in time")), timeout_ms);
        });
        let failed = false;
        try {
          link.start();
          const [fromCreated, fromBegun] = await Promise.race([link.opened, late]);
          us.push(fromCreated);
          total_us.push(fromBegun);
        } catch (error) {
          failed = true;
          failures.push(error.message);
        }
        clearTimeout(timer);
        if (!close && !failed) continue;
        this.tell({ c: index, close: true });
        this.remove(index);
      }
    };
    await Promise.all(Array.from({ length: at_once }, one));
    return { us, total_us, failures, seconds: (now() - start) / 1e6, first };
  }
}

// `stack`: about, create(), onLow(channel, listener), tellsLow.
export async function run(stack) {
  const [role, descriptor] = process.argv.slice(2);
  if (!["offer", "answer"].includes(role) || !descriptor) {
    console.error("usage: node PROGRAM offer|answer DESCRIPTOR");
    process.exit(2);
  }
  const reply = (line) => process.stdout.write(JSON.stringify(line) + "\n");
  const program = new Program(stack, Number(descriptor));
  reply({ done: "ready", settings: "", max_message: 65536, ...stack.about });
  for await (const text of readline.createInterface({ input: process.stdin })) {
    const command = JSON.parse(text);
    if (command.op === "quit") break;
    try {
      reply({ done: command.op, ...(await program.execute(command)) });
    } catch (error) {
      reply({ error: error.message });
    }
  }
  process.exit(0);
}
