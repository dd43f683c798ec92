// Writes, and waits for the answer of somebody on another protocol, a number of times.

import { Client, run, same } from "./client.mjs";

const { TOKEN: token, CONVERSATION: room, COUNT: count } = process.env;

await run({
  async "each is answered once and in order"() {
    const client = await Client.connect({ token }, { transports: ["websocket"] });
    for (let n = 0; n < Number(count); n++) {
      const ack = await client.call("sendMessage", { conversationId: room, content: `socketio ${n}` });
      same(ack.seq, 2 * n + 1, "its place");
      await client.told("newMessage", (one) => one.message.content === `native ${n}`);
    }
    const seen = client.of("newMessage").map((one) => one.message.seq);
    same(seen, Array.from({ length: Number(count) }, (_, n) => 2 * n + 2), "once and in order");
    client.close();
  },
});
