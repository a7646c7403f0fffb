// What a message holds, and the look at it where it arrives; ../README.md, "Content".
const COUNTER_BYTES = 8;
const WHOLE_EVERY = 16;

export class Content {
  constructor(size) {
    this.bytes = Buffer.alloc(size);
    for (let i = COUNTER_BYTES; i < size; ++i) this.bytes[i] = (i * 131 + (i >> 8) * 29 + 7) & 0xff;
  }

  // The message of that number: a new one, since some stacks keep what they are given.
  message(number) {
    const message = Buffer.from(this.bytes);
    message.writeUInt32LE(number >>> 0, 0);
    message.writeUInt32LE(Math.floor(number / 2 ** 32), 4);
    return message;
  }

  isMessage(message, number) {
    if (message.length !== this.bytes.length) return false;
    if (message.readUInt32LE(0) !== number >>> 0) return false;
    if (message.readUInt32LE(4) !== Math.floor(number / 2 ** 32)) return false;
    let from = COUNTER_BYTES;
    let to = message.length;
    if (number % WHOLE_EVERY !== 0) {
      from += (number * 131) % (message.length - 2 * COUNTER_BYTES + 1);
      to = from + COUNTER_BYTES;
    }
    return this.bytes.compare(message, from, to, from, to) === 0;
  }
}
