// Upgrades from long polling to WebSocket while messages fly both ways: each arrives once, in order. The line is to
// be slow enough for a change of transport to take longer than a message.

import { Client, check, run, same, say, signedIn, sleep, stored, until, visitor } from "./client.mjs";

const upgrades = Number(process.env.UPGRADES);
const AT_ONCE = 16;
const EACH = 6;
const agent = await signedIn(process.env.AGENT ?? "agent");

async function upgraded(n) {
  const customer = await visitor(`U${n}`);
  const room = customer.conversation;
  const client = new Client(customer, { transports: ["polling", "websocket"], reconnection: false, url: process.env.LINE });
  await new Promise((resolve) => client.socket.once("connect", resolve));
  const acks = [];
  const heard = () => client.heard.filter((one) => one.name === "newMessage" || one.name === "messageSent");
  const began = client.socket.io.engine.transport.name;
  // Both sides write before, during and after the change.
  const theirs = (async () => {
    for (let k = 0; k < EACH; k++) {
      await say(agent, room, `theirs ${k}`, `t-${k}`);
    }
  })();
  for (let k = 0; k < EACH; k++) {
    client.socket.emit("sendMessage", { conversationId: room, content: `mine ${k}`, clientMessageId: `m-${k}` }, (ack) => acks.push(ack));
    await sleep(k % 3);
  }
  await theirs;
  await until(() => client.socket.io.engine.transport.name === "websocket", `upgrade ${n}`);
  await until(() => heard().length >= 2 * EACH && acks.length >= EACH, `all of ${n}: ${heard().length} and ${acks.length}`);
  await sleep(20);
  same(heard().map((one) => one.payload.message.seq), Array.from({ length: 2 * EACH }, (_, k) => k + 1), `each once and in order, in ${n}`);
  same(acks.map((ack) => ack.duplicate), Array(EACH).fill(false), "each send is answered once");
  check(acks.every((ack, k) => k === 0 || ack.seq > acks[k - 1].seq), "and keeps its order", acks);
  same(client.of("connected").length, 1, "without a reconnect");
  client.close();
  return began;
}

await run({
  async "messages in flight arrive once and in order"() {
    const left = Array.from({ length: upgrades }, (_, n) => n);
    let polling = 0;
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      while (left.length > 0) {
        polling += (await upgraded(left.shift())) === "polling";
      }
    }));
    check(polling > upgrades / 2, "most began to write before the change", polling);
    console.log(`${polling} of ${upgrades} wrote before the change`);
  },
});
