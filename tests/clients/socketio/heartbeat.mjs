// Pings of Engine.IO over both transports, and the end of those who do not answer. Takes as long as the pings do.

import { WebSocket } from "ws";
import { base, check, run, same, sleep, soon, visitor } from "./client.mjs";

const path = `${base}/socket.io/?EIO=4`;
const { token } = await visitor();
const connect = `40${JSON.stringify({ token })}`;

function socket() {
  const raw = new WebSocket(`${path.replace("http", "ws")}&transport=websocket`);
  raw.came = [];
  raw.over = new Promise((resolve) => raw.on("close", (code) => resolve([code, performance.now()])));
  raw.on("message", (data) => {
    const text = data.toString();
    raw.came.push([text, performance.now()]);
    if (text.startsWith("0")) {
      raw.send(connect);
    }
    if (text === "2" && raw.answers) {
      raw.send("3");
    }
  });
  return raw;
}

async function session() {
  const text = await (await fetch(`${path}&transport=polling`)).text();
  const { sid } = JSON.parse(text.slice(1));
  const push = (body) => fetch(`${path}&transport=polling&sid=${sid}`, { method: "POST", body });
  await push(connect);
  return { poll: () => fetch(`${path}&transport=polling&sid=${sid}`), push };
}

/** Polls until a packet comes; when it came. */
async function polled(one, packet) {
  for (;;) {
    const response = await one.poll();
    if (response.status !== 200) {
      return [response.status, performance.now()];
    }
    if ((await response.text()).split("\x1e").includes(packet)) {
      return [packet, performance.now()];
    }
  }
}

await run({
  async "those who answer stay, and those who do not are closed in time"() {
    const since = performance.now();
    const [answering, silent] = [socket(), socket()];
    answering.answers = true;
    const [polling, mute, gone] = [await session(), await session(), await session()];
    const [ping, muted] = await Promise.all([polled(polling, "2"), polled(mute, "2")]);
    for (const [packet, at] of [ping, muted]) {
      check(packet === "2" && at - since > 20_000 && at - since < 30_000, "a ping over polling", packet, at - since);
    }
    same((await polling.push("3")).status, 200, "the answer to it");
    const end = polled(mute, "1");
    let ended = false;
    (async () => {
      while (!ended) {
        await polled(polling, "2");
        await polling.push("3");
      }
    })();
    const [code, over] = await soon(silent.over, "the end of the silent socket", 20_000);
    same(code, 4011, "the close");
    check(over - since > 30_000 && over - since < 42_000, "in time", over - since);
    const [last] = await soon(end, "the end of the mute session", 10_000);
    same(last, "1", "told over polling");
    check((await mute.poll()).status === 400, "and gone");
    // It never polled, so that its ping never left it: what waits for it waits too long.
    await sleep(Math.max(0, since + 63_000 - performance.now()));
    check((await gone.push("3")).status === 400, "a session that nobody polls ends");
    check(answering.readyState === WebSocket.OPEN, "the socket that answers stays");
    check(answering.came.filter(([text]) => text === "2").length >= 2, "and is asked again");
    ended = true;
    same((await polling.push("3")).status, 200, "the session that answers stays");
  },
});
