// What the two protocols demand of a server, packet by packet, without a library between.

import { WebSocket } from "ws";
import { base, check, run, same, sleep, soon, visitor } from "./client.mjs";

const path = `${base}/socket.io/`;
const wsPath = path.replace("http", "ws");
const person = await visitor();
const auth = JSON.stringify({ token: person.token });

const get = (query) => fetch(`${path}?${query}`);
const poll = (sid) => get(`EIO=4&transport=polling&sid=${sid}`);
const push = (sid, body) => fetch(`${path}?EIO=4&transport=polling&sid=${sid}`, { method: "POST", body });

async function session() {
  const text = await (await get("EIO=4&transport=polling")).text();
  return JSON.parse(text.slice(1)).sid;
}

/** So many packets of a session. */
async function packets(sid, count) {
  const all = [];
  while (all.length < count) {
    const response = await soon(poll(sid), "a packet");
    check(response.status === 200, "the status of a poll", response.status);
    all.push(...(await response.text()).split("\x1e"));
  }
  return all;
}

/** A session that is connected to the main namespace. */
async function polling() {
  const sid = await session();
  await push(sid, `40${auth}`);
  const [connected, who] = await packets(sid, 2);
  check(connected.startsWith('40{"sid"') && who.startsWith('42["connected"'), "connected", connected, who);
  return sid;
}

/** A socket of which nothing is lost. */
class Raw {
  constructor(query) {
    this.came = [];
    this.waiting = [];
    this.socket = new WebSocket(`${wsPath}?${query}`);
    this.opened = new Promise((resolve) => this.socket.on("open", resolve));
    this.closed = new Promise((resolve) => this.socket.on("close", (code) => resolve(code)));
    this.refused = new Promise((resolve) => this.socket.on("unexpected-response", (_, answer) => resolve(answer.statusCode)));
    this.socket.on("error", () => {});
    this.socket.on("message", (data, binary) => {
      const one = binary ? data : data.toString();
      if (one === "2") {
        return this.socket.send("3");
      }
      (this.waiting.shift() ?? ((late) => this.came.push(late)))(one);
    });
  }
  next() {
    const next = this.came.length > 0 ? Promise.resolve(this.came.shift()) : new Promise((resolve) => this.waiting.push(resolve));
    return soon(next, "a packet", 5_000);
  }
  send(packet) {
    this.socket.send(packet);
  }
  async ends() {
    return soon(this.closed, "the end of a socket", 5_000);
  }
  async silent(ms = 200) {
    await sleep(ms);
    same(this.came, [], "something came");
  }
}

async function open() {
  const raw = new Raw("EIO=4&transport=websocket");
  check((await raw.next()).startsWith("0"), "a socket begins with the opening packet");
  return raw;
}

/** A socket that is connected to the main namespace. */
async function connected(namespace = "") {
  const raw = await open();
  raw.send(`40${namespace}${auth}`);
  check((await raw.next()).startsWith(`40${namespace}{"sid":`), "the namespace is connected");
  check((await raw.next()).startsWith(`42${namespace}["connected",`), "and it is said who one is");
  return raw;
}

function opens(packet, upgrades) {
  check(packet.startsWith("0"), "an opening packet", packet);
  const opening = JSON.parse(packet.slice(1));
  same(Object.keys(opening).sort(), ["maxPayload", "pingInterval", "pingTimeout", "sid", "upgrades"], "its fields");
  check(typeof opening.sid === "string" && opening.sid.length >= 32, "nobody guesses the session", opening.sid);
  same([opening.upgrades, opening.pingInterval, opening.pingTimeout, opening.maxPayload], [upgrades, 25_000, 20_000, 65_536], "what it says");
}

async function refused(response, code, status = 400) {
  check(response.status === status, "the status", response.status);
  same((await response.json()).code, code, "the protocol's own code");
}

await run({
  async "polling: a session is opened"() {
    const response = await get("EIO=4&transport=polling");
    check(response.status === 200, "the status", response.status);
    opens(await response.text(), ["websocket"]);
  },
  async "polling: another version, transport, session or method is refused"() {
    await refused(await get("transport=polling"), 5);
    for (const version of ["abc", "3", "2", "40", ""]) {
      await refused(await get(`EIO=${version}&transport=polling`), 5);
    }
    await refused(await get("EIO=4"), 0);
    for (const transport of ["abc", "constructor", "__proto__", ""]) {
      await refused(await get(`EIO=4&transport=${transport}`), 0);
    }
    for (const sid of ["abc", "__proto__", "constructor", "", "%00"]) {
      await refused(await get(`EIO=4&transport=polling&sid=${sid}`), 1);
    }
    for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
      await refused(await fetch(`${path}?EIO=4&transport=polling`, { method }), 2);
    }
  },
  async "WebSocket: a session is opened"() {
    const raw = new Raw("EIO=4&transport=websocket");
    opens(await raw.next(), []);
    raw.socket.close();
  },
  async "WebSocket: another version or transport is refused"() {
    for (const query of ["transport=websocket", "EIO=abc&transport=websocket", "EIO=3&transport=websocket", "EIO=4", "EIO=4&transport=abc", "EIO=4&transport=websocket&sid=abc"]) {
      check((await soon(new Raw(query).refused, "a refusal")) === 400, query);
    }
    await refused(await get("EIO=4&transport=websocket"), 3);
  },
  async "polling: one packet, and several in one payload"() {
    const sid = await polling();
    const response = await push(sid, '421["x"]\x1e422["x"]\x1e423["x"]');
    same([response.status, await response.text()], [200, "ok"], "the answer to a push");
    same((await packets(sid, 3)).map((packet) => packet.slice(0, 4)), ["431[", "432[", "433["], "in order");
  },
  async "polling: bytes are refused, and what is beside them is read"() {
    const sid = await polling();
    await push(sid, '451-7["x",{"_placeholder":true,"num":0}]\x1ebAQIDBA==\x1e428["x"]');
    const [bytes, beside] = await packets(sid, 2);
    check(bytes.startsWith('437[{"error":{"code":"realtime.not_supported"'), "the bytes", bytes);
    check(beside.startsWith('438[{"error":{"code":"realtime.unknown_type"'), "and what is beside them", beside);
    // Bytes that no packet announced end the session: upstream's echo of them has no counterpart here.
    const other = await session();
    await push(other, "bAQIDBA==");
    check((await (await poll(other)).text()).endsWith("1"), "closed");
    check((await poll(other)).status === 400, "and gone");
  },
  async "polling: what is no packet closes the session"() {
    for (const wrong of ["abc", "", "4a\x1e\x1e4b", "9", "2", "b%%%", Buffer.from([0x34, 0xff, 0xfe])]) {
      const sid = await session();
      check((await push(sid, wrong)).status === 400, "refused", wrong.toString());
      check((await poll(sid)).status === 400, "gone", wrong.toString());
    }
  },
  async "polling: a second poll closes the session"() {
    const sid = await session();
    const first = poll(sid);
    await sleep(50);
    const second = await poll(sid);
    check(second.status === 400, "the second is refused", second.status);
    const response = await soon(first, "the end of the first");
    same([response.status, await response.text()], [200, "1"], "the first is told the end");
    check((await poll(sid)).status === 400, "gone");
  },
  async "polling: a second push closes the session"() {
    const sid = await session();
    let release;
    const slow = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("4"));
        release = () => controller.close();
      },
    });
    const first = fetch(`${path}?EIO=4&transport=polling&sid=${sid}`, { method: "POST", body: slow, duplex: "half" }).catch(() => null);
    await sleep(100);
    check((await push(sid, "3")).status === 400, "the second is refused");
    release();
    await first;
    check((await poll(sid)).status === 400, "gone");
  },
  async "polling: a poll that is given up and asked again closes the session"() {
    const sid = await session();
    const gone = new AbortController();
    fetch(`${path}?EIO=4&transport=polling&sid=${sid}`, { signal: gone.signal }).catch(() => {});
    await sleep(50);
    gone.abort();
    await sleep(50);
    check((await poll(sid)).status === 400, "it cannot be known what the client got");
  },
  async "WebSocket: a packet, bytes, and what is no packet"() {
    let raw = await connected();
    raw.send('421["x"]');
    check((await raw.next()).startsWith('431[{"error"'), "answered");
    raw.send(Buffer.from([1, 2, 3, 4]));
    same(await raw.ends(), 4000, "bytes that no packet announced");
    for (const wrong of ["abc", "", "2", "2probe", "5", "6", "0", "7"]) {
      raw = await open();
      raw.send(wrong);
      same(await raw.ends(), 4000, `after ${wrong}`);
    }
  },
  async "polling: the client closes"() {
    const sid = await session();
    const waiting = poll(sid);
    await sleep(50);
    await push(sid, "1");
    const response = await soon(waiting, "the end of the poll");
    same([response.status, await response.text()], [200, "6"], "the poll ends without a packet");
    check((await poll(sid)).status === 400, "gone");
  },
  async "WebSocket: the client closes"() {
    const raw = await open();
    raw.send("1");
    same(await raw.ends(), 1000, "closed");
  },
  async "upgrade: the client changes to a socket"() {
    const sid = await session();
    await push(sid, `40${auth}`);
    const raw = new Raw(`EIO=4&transport=websocket&sid=${sid}`);
    await raw.opened;
    raw.send("2probe");
    same(await raw.next(), "3probe", "the answer to the probe");
    const response = await poll(sid);
    same([response.status, await response.text()], [200, "6"], "a poll ends without a packet");
    raw.send("5");
    check((await raw.next()).startsWith('40{"sid"'), "what waited comes on the socket");
    check((await raw.next()).startsWith('42["connected"'), "in order");
    raw.send('421["x"]');
    check((await raw.next()).startsWith("431["), "and it is used");
    raw.socket.close();
  },
  async "upgrade: a poll that waits is ended by the probe"() {
    const sid = await session();
    const waiting = poll(sid);
    const raw = new Raw(`EIO=4&transport=websocket&sid=${sid}`);
    await raw.opened;
    raw.send("2probe");
    same(await raw.next(), "3probe", "the answer to the probe");
    same(await (await soon(waiting, "the end of the poll")).text(), "6", "the poll ends without a packet");
    raw.send("5");
    raw.socket.close();
  },
  async "upgrade: a probe that is given up leaves polling as it was"() {
    const sid = await session();
    const raw = new Raw(`EIO=4&transport=websocket&sid=${sid}`);
    await raw.opened;
    raw.send("2probe");
    await raw.next();
    raw.socket.close();
    await raw.ends();
    await push(sid, `40${auth}`);
    check((await packets(sid, 2)).some((packet) => packet.startsWith('42["connected"')), "polling goes on");
  },
  async "upgrade: neither a poll nor another socket reaches the session afterwards"() {
    const sid = await session();
    const raw = new Raw(`EIO=4&transport=websocket&sid=${sid}`);
    await raw.opened;
    raw.send("2probe");
    same(await raw.next(), "3probe", "the answer to the probe");
    check((await soon(new Raw(`EIO=4&transport=websocket&sid=${sid}`).refused, "a refusal")) === 400, "one socket at a time is tried");
    raw.send("5");
    raw.send(`40${auth}`);
    check((await raw.next()).startsWith("40"), "the socket is in use");
    await raw.next();
    check((await poll(sid)).status === 400, "a poll");
    check((await push(sid, "3")).status === 400, "a push");
    check((await soon(new Raw(`EIO=4&transport=websocket&sid=${sid}`).refused, "a refusal")) === 400, "a socket");
    raw.send('421["x"]');
    check((await raw.next()).startsWith("431["), "the session goes on");
    raw.socket.close();
  },
  async "connect: to both namespaces, with or without a comma"() {
    for (const [packet, answer] of [[`40${auth}`, '40{"sid":'], [`40/messaging,${auth}`, '40/messaging,{"sid":']]) {
      const raw = await open();
      raw.send(packet);
      const told = await raw.next();
      check(told.startsWith(answer), "connected", told);
      const handshake = JSON.parse(told.slice(told.indexOf("{")));
      same([Object.keys(handshake), typeof handshake.sid], [["sid"], "string"], "the handshake");
      const told2 = await raw.next();
      same(JSON.parse(told2.slice(told2.indexOf("[")))[1], { socketId: handshake.sid, userId: person.id }, "who one is");
      raw.socket.close();
    }
    const raw = new Raw(`EIO=4&transport=websocket&token=${person.token}`);
    await raw.next();
    raw.send("40/messaging");
    check((await raw.next()).startsWith('40/messaging,{"sid":'), "the token of the query will do");
    raw.socket.close();
  },
  async "connect: another namespace is refused"() {
    const raw = await open();
    raw.send("40/random");
    same(await raw.next(), '44/random,{"message":"Invalid namespace"}', "the refusal");
    raw.send(`40${auth}`);
    check((await raw.next()).startsWith("40{"), "the connection is kept");
    raw.socket.close();
  },
  async "connect: what is no packet closes"() {
    for (const wrong of ["4abc", "4", "40[]", "47", "42{}", '42abc["x"]', '42["x"]', "43[]", '44{"message":"x"}']) {
      const raw = await open();
      raw.send(wrong);
      same(await raw.ends(), 4000, `after ${wrong}`);
    }
  },
  async "disconnect: from one namespace, and the other goes on"() {
    const raw = await connected();
    raw.send(`40/messaging,${auth}`);
    check((await raw.next()).startsWith("40/messaging,"), "connected");
    await raw.next();
    raw.send("41/messaging,");
    raw.send('421["x"]');
    check((await raw.next()).startsWith("431["), "the main namespace is in use");
    raw.send("41");
    await raw.silent();
    check(raw.socket.readyState === WebSocket.OPEN, "the connection is kept: the client closes it");
    raw.socket.close();
  },
  async "message: an event, with and without an answer"() {
    const raw = await connected();
    raw.send('42["message",1,"2",{"3":[true]}]');
    const told = await raw.next();
    check(told.startsWith('42["error",{"code":"realtime.unknown_type"'), "an event that there is not, as an event", told);
    raw.send('42456["message",1,"2",{"3":[false]}]');
    check((await raw.next()).startsWith('43456[{"error":{"code":"realtime.unknown_type"'), "and as an answer");
    raw.socket.close();
  },
  async "message: an event with bytes is refused whole"() {
    const raw = await connected();
    raw.send('452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    raw.send(Buffer.from([1, 2, 3]));
    raw.send(Buffer.from([4, 5, 6]));
    check((await raw.next()).startsWith('42["error",{"code":"realtime.not_supported"'), "as an event");
    raw.send('452-789["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    raw.send(Buffer.from([1, 2, 3]));
    raw.send(Buffer.from([4, 5, 6]));
    check((await raw.next()).startsWith('43789[{"error":{"code":"realtime.not_supported"'), "as an answer");
    await raw.silent();
    raw.send('421["x"]');
    check((await raw.next()).startsWith("431["), "what follows is read as what it is");
    raw.socket.close();
  },
  async "message: what is wrong closes"() {
    for (const wrong of ["4abc", "42{}", '42abc["message-with-ack",1]', '4218446744073709551616["x"]', '42["__proto__"]', '42["connect"]', '42["disconnect"]', '45["x"]', '4511-["x"]', "43[]"]) {
      const raw = await connected();
      raw.send(wrong);
      const told = await raw.next();
      same(told, "41", "the client is told not to come back");
      same(await raw.ends(), 4000, `after ${wrong}`);
    }
  },
});
