// Two people write to each other while the line is cut and the server killed; the library reconnects by itself, and
// the application joins from where it was. What both hold in the end must be what the server keeps.

import { Client, base, check, run, same, signedIn, sleep, stored, visitor } from "./client.mjs";

const transports = process.env.TRANSPORTS.split(",");
const line = process.env.LINE ?? base;
const count = Number(process.env.MESSAGES);

/** An application: keeps the conversation, and sends again what has no answer. */
class Page {
  constructor(person, room) {
    this.room = room;
    this.after = 0;
    this.entries = [];
    this.joined = false;
    this.acked = new Set();
    this.wrong = [];
    this.client = new Client(person, { transports, url: line, timeout: 3_000 });
    const { socket } = this.client;
    socket.on("connect", () => this.join());
    socket.on("disconnect", () => (this.joined = false));
    for (const name of ["newMessage", "messageSent"]) {
      // What comes before the answer to joining is in that answer.
      socket.on(name, ({ message }) => this.joined && this.take(message));
    }
  }

  join() {
    const { socket } = this.client;
    const id = socket.id;
    const from = this.epoch ? { epoch: this.epoch, afterSeq: this.after } : { afterSeq: 0 };
    // In the callback, not behind an `await`: events that come in the same moment run before that.
    socket.timeout(5_000).emit("joinConversation", { conversationId: this.room, ...from }, (late, answer) => {
      if (socket.id !== id || !socket.connected) {
        return;
      }
      if (late || answer.error) {
        setTimeout(() => socket.connected && socket.id === id && this.join(), 200);
        return;
      }
      if (answer.reset) {
        this.wrong.push(`a reset: ${answer.reset}`);
      }
      this.epoch = answer.epoch;
      this.joined = true;
      for (const message of answer.messages) {
        this.take(message);
      }
    });
  }

  take(message) {
    if (message.seq !== this.after + 1) {
      this.wrong.push(`${message.seq} after ${this.after}`);
    }
    this.after = message.seq;
    this.entries.push(message.content);
  }

  async write(name) {
    const { socket } = this.client;
    for (;;) {
      const ack = await socket.timeout(2_000).emitWithAck("sendMessage", {
        conversationId: this.room,
        content: name,
        clientMessageId: name,
      }).catch(() => null);
      if (ack && !ack.error) {
        this.acked.add(name);
        return;
      }
      check(!ack || ack.error.retry, "nothing is refused for good", ack);
      await sleep(50);
    }
  }
}

await run({
  async "nothing is lost, doubled or out of order"() {
    const customer = await visitor("Ana");
    const agent = await signedIn("agent");
    const room = customer.conversation;
    const pages = [new Page(customer, room), new Page(agent, room)];
    console.log("started");
    await Promise.all(pages.map(async (page, side) => {
      for (let n = 0; n < count; n++) {
        await page.write(`${side}-${n}`);
        await sleep(5);
      }
    }));
    console.log("written");
    const end = Date.now() + 60_000;
    while (pages.some((page) => page.entries.length < 2 * count)) {
      check(Date.now() < end, "all arrives", pages.map((page) => page.entries.length), pages.map((page) => page.wrong));
      await sleep(20);
    }
    const kept = (await stored(agent, room)).map((one) => one.content);
    same([...kept].sort(), [0, 1].flatMap((side) => Array.from({ length: count }, (_, n) => `${side}-${n}`)).sort(), "each is stored once");
    for (const page of pages) {
      same(page.wrong, [], "no gap and no repeat");
      same(page.entries, kept, "what a page holds is what is stored");
    }
    const reconnects = pages.map((page) => page.client.of("connected").length - 1);
    check(Math.min(...reconnects) > 0, "the line was cut", reconnects);
    console.log(`reconnects: ${reconnects}`);
  },
});
