// What the scripts of this folder have in common: people, sockets, and words for what is wrong.

import { io } from "socket.io-client";

export const base = process.env.BASE;

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Ends the script with a sentence when something is not so. */
export function check(is, what, ...seen) {
  if (!is) {
    throw new Error(`${what}: ${seen.map((one) => JSON.stringify(one)).join(" ")}`);
  }
}

export function same(seen, expected, what) {
  check(JSON.stringify(seen) === JSON.stringify(expected), what, seen, expected);
}

/** Waits until something is so. */
export async function until(is, what, within = 10_000) {
  const deadline = Date.now() + within;
  while (!is()) {
    check(Date.now() < deadline, `waited ${within} ms for ${what}`);
    await sleep(5);
  }
}

/** A promise that fails in time, with what was waited for. */
export function soon(promise, what, within = 10_000) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${within} ms for ${what}`)), within);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export async function rest(method, path, token, body) {
  const headers = { ...(body && { "content-type": "application/json" }), ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(`${base}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  check(answer.ok, `${method} ${path} is answered ${answer.status}`, text);
  return text === "" ? null : JSON.parse(text);
}

export async function visitor(name = "Ana", content) {
  const opened = await rest("POST", "/public/conversations", null, { organization: "demo", name, content });
  const me = opened.conversation.participants.find((one) => one.type === "customer");
  return {
    token: opened.access_token,
    id: me.id,
    conversation: opened.conversation.id,
    request: opened.support_request.id,
    number: opened.support_request.number,
  };
}

export async function signedIn(name) {
  const answer = await rest("POST", "/auth/login", null, {
    organization: "demo",
    email: `${name}@demo.test`,
    password: "guichet-demo",
  });
  return { token: answer.access_token, id: answer.user.id };
}

export async function stored(person, conversation) {
  const all = [];
  for (let after = 0; ; ) {
    const page = await rest("GET", `/conversations/${conversation}/messages?after_seq=${after}&limit=200`, person.token);
    all.push(...page.items);
    if (!page.has_more) {
      return all;
    }
    after = page.items.at(-1).entry_seq;
  }
}

export function say(person, conversation, content, name = `rest-${content}`) {
  return rest("POST", `/conversations/${conversation}/messages`, person.token, { client_message_id: name, content });
}

/** A client as an application makes one, with all that it hears kept. */
export class Client {
  constructor(person, options = {}) {
    const { namespace = "/messaging", url = base, ...more } = options;
    this.heard = [];
    this.errors = [];
    this.socket = io(url + namespace, {
      forceNew: true,
      auth: person && { token: person.token },
      reconnectionDelay: 50,
      reconnectionDelayMax: 300,
      ...more,
    });
    this.socket.onAny((name, payload) => this.heard.push({ name, payload, at: performance.now() }));
    this.socket.on("connect_error", (error) => this.errors.push(error));
  }

  static async connect(person, options) {
    const client = new Client(person, options);
    await client.connected();
    return client;
  }

  connected() {
    return until(() => this.socket.connected && this.of("connected").length > 0, "a connection");
  }

  of(name) {
    return this.heard.filter((one) => one.name === name).map((one) => one.payload);
  }

  /** The first event of that name which is so. */
  async told(name, is = () => true) {
    await until(() => this.of(name).some(is), `${name}; came: ${JSON.stringify(this.heard.map((one) => one.name))}`);
    return this.of(name).find(is);
  }

  call(name, payload) {
    return soon(this.socket.timeout(10_000).emitWithAck(name, payload), `the answer to ${name}`, 11_000);
  }

  close() {
    this.socket.close();
  }
}

/** Runs the cases of a script one after another and ends it. */
export async function run(cases) {
  let failed = false;
  for (const [name, body] of Object.entries(cases)) {
    try {
      await soon(body(), "the end of the case", 90_000);
      console.log(`ok: ${name}`);
    } catch (error) {
      failed = true;
      console.error(`${name}: ${error?.stack ?? error}`);
    }
  }
  process.exit(failed ? 1 : 0);
}
