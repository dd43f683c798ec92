// Upgrades from long polling to WebSocket while messages fly both ways: each arrives once, in order.

import { WebSocket } from "ws";
import { Client, base, check, run, same, say, signedIn, sleep, soon, until, visitor } from "./client.mjs";

const upgrades = Number(process.env.UPGRADES);
const AT_ONCE = 10;
const EACH = 6;
const agent = await signedIn("agent");

/** A client packet by packet, which changes its transport in the middle of its messages. */
class Changing {
  constructor(token) {
    this.token = token;
    this.packets = [];
    this.waiting = [];
    this.polling = true;
  }

  async open() {
    const url = `${base}/socket.io/?EIO=4&transport=polling`;
    const opening = await (await fetch(url)).text();
    this.url = `${url}&sid=${JSON.parse(opening.slice(1)).sid}`;
    await this.push([`40/messaging,${JSON.stringify({ token: this.token })}`]);
    this.polls = this.pollOn();
    this.writes = this.writeOn();
    await until(() => this.events("connected").length > 0, "a connection");
  }

  async push(packets) {
    const response = await fetch(this.url, { method: "POST", body: packets.join("\x1e") });
    same([response.status, await response.text()], [200, "ok"], "the answer to a push");
  }

  async pollOn() {
    while (this.polling) {
      const response = await fetch(this.url);
      check(response.status === 200, "the status of a poll", response.status);
      const text = await response.text();
      this.packets.push(...text.split("\x1e").filter((packet) => packet.startsWith("4")));
    }
  }

  async writeOn() {
    while (this.polling) {
      const now = this.waiting.splice(0);
      await (now.length > 0 ? this.push(now) : sleep(1));
    }
  }

  write(packet) {
    if (this.socket) {
      this.socket.send(packet);
    } else {
      this.waiting.push(packet);
    }
  }

  async change() {
    const socket = new WebSocket(this.url.replace("http", "ws").replace("polling", "websocket"));
    await soon(new Promise((resolve) => socket.on("open", resolve)), "a socket");
    const probed = new Promise((resolve) => socket.once("message", (data) => resolve(data.toString())));
    socket.send("2probe");
    same(await soon(probed, "the answer to the probe"), "3probe", "the probe");
    socket.on("message", (data) => this.packets.push(data.toString()));
    // What is under way comes to its end first.
    this.polling = false;
    await soon(Promise.all([this.polls, this.writes]), "the end of polling");
    socket.send("5");
    this.polled = this.packets.length;
    this.waiting.splice(0).forEach((packet) => socket.send(packet));
    this.socket = socket;
  }

  events(...names) {
    const events = this.packets.filter((packet) => packet.startsWith("42/messaging,["));
    return events.map((packet) => JSON.parse(packet.slice(13))).filter(([name]) => names.includes(name));
  }

  answers() {
    return this.packets.filter((packet) => packet.startsWith("43/messaging,")).map((packet) => packet.slice(13));
  }
}

async function byHand(n) {
  const customer = await visitor(`U${n}`);
  const room = customer.conversation;
  const client = new Changing(customer.token);
  await client.open();
  // Both write before, during and after the change.
  let changed = false;
  let [theirs, mine] = [0, 0];
  const writing = [
    (async () => {
      for (let after = 0; after < 2; after += changed ? 1 : 0) {
        await say(agent, room, `theirs ${theirs}`, `t-${theirs}`);
        theirs += 1;
      }
    })(),
    (async () => {
      for (let after = 0; after < 2; after += changed ? 1 : 0) {
        const said = { conversationId: room, content: `mine ${mine}`, clientMessageId: `m-${mine}` };
        client.write(`42/messaging,${mine}${JSON.stringify(["sendMessage", said])}`);
        mine += 1;
        await sleep(8);
      }
    })(),
  ];
  await until(() => client.events("newMessage", "messageSent").length >= 2, "messages by polling");
  await sleep(n % 24);
  await client.change();
  changed = true;
  await Promise.all(writing);
  const heard = () => client.events("newMessage", "messageSent").map(([, { message }]) => message.seq);
  await until(() => heard().length >= theirs + mine && client.answers().length >= mine, `all of ${n}: ${heard()}`);
  await sleep(20);
  same(heard(), Array.from({ length: theirs + mine }, (_, k) => k + 1), `each once and in order, in ${n}`);
  same(client.answers().map((answer) => answer.split("[")[0]), Array.from({ length: mine }, (_, k) => `${k}`), "each send is answered once, in order");
  client.socket.close();
  // The two packets of the connection are no messages.
  return client.polled > 2 && client.packets.length > client.polled;
}

async function byLibrary(n) {
  const customer = await visitor(`L${n}`);
  const room = customer.conversation;
  const client = new Client(customer, { transports: ["polling", "websocket"], reconnection: false });
  const acks = [];
  for (let k = 0; k < EACH; k++) {
    client.socket.emit("sendMessage", { conversationId: room, content: `mine ${k}`, clientMessageId: `m-${k}` }, (ack) => acks.push(ack));
    await sleep(k % 3);
  }
  await client.connected();
  for (let k = 0; k < EACH; k++) {
    await say(agent, room, `theirs ${k}`, `t-${k}`);
  }
  const heard = () => client.heard.filter((one) => one.name === "newMessage" || one.name === "messageSent");
  await until(() => client.socket.io.engine.transport.name === "websocket", `upgrade ${n}`);
  await until(() => heard().length >= 2 * EACH && acks.length >= EACH, `all of ${n}: ${heard().length} and ${acks.length}`);
  await sleep(20);
  same(heard().map((one) => one.payload.message.seq), Array.from({ length: 2 * EACH }, (_, k) => k + 1), `each once and in order, in ${n}`);
  same(acks.map((ack) => [ack.duplicate, ack.error]), Array(EACH).fill([false, undefined]), "each send is answered once");
  same(client.of("connected").length, 1, "without a reconnect");
  client.close();
  return true;
}

async function many(count, one) {
  const left = Array.from({ length: count }, (_, n) => n);
  let counted = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (left.length > 0) {
      const counts = await one(left.shift());
      counted += counts ? 1 : 0;
    }
  }));
  return counted;
}

await run({
  async "messages in flight arrive once and in order"() {
    const within = await many(upgrades, byHand);
    check(within > upgrades / 2, "most hear messages by both transports", within);
    console.log(`${within} of ${upgrades} heard messages by both transports`);
  },
  async "and with the library"() {
    await many(Math.ceil(upgrades / 10), byLibrary);
  },
});
