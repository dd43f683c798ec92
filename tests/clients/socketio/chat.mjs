// The live chat as existing applications hold it, by the transports named in the environment.

import { Client, check, rest, run, same, say, signedIn, sleep, stored, until, visitor } from "./client.mjs";

const transports = process.env.TRANSPORTS.split(",");
const options = { transports };
const agent = await signedIn("agent");
const supervisor = await signedIn("supervisor");

/** A customer, and the agent who has taken the request. */
async function pair(more) {
  const customer = await visitor("Ana");
  const asking = await Client.connect(customer, { ...options, ...more });
  const answering = await Client.connect(agent, { ...options, ...more });
  await rest("POST", `/support-requests/${customer.request}/assign`, agent.token, { agent_id: agent.id });
  return { customer, asking, answering, room: customer.conversation };
}

function close(...clients) {
  for (const client of clients) {
    client.close();
  }
}

const FIELDS = [
  "attachments", "content", "conversationId", "createdAt", "customerId", "id", "isRead", "senderId", "senderName",
  "senderType", "seq", "staffId", "ticketNumber",
];

await run({
  async "a message goes both ways within 100 ms, acknowledged once it is durable"() {
    const { customer, asking, answering, room } = await pair();
    const joined = await answering.call("joinConversation", { conversationId: room });
    same([joined.conversationId, joined.lastSeq, joined.messages], [room, 0, []], "the answer to joining");
    const times = [];
    for (let n = 1; n <= 20; n++) {
      const [from, to] = n % 2 === 0 ? [answering, asking] : [asking, answering];
      const sent = performance.now();
      const ack = await from.call("sendMessage", { conversationId: room, content: `message ${n}`, clientMessageId: `c-${n}` });
      same([ack.seq, ack.duplicate], [n, false], "the acknowledgement");
      const told = await to.told("newMessage", (one) => one.message.id === ack.messageId);
      same(told.type, "new_message", "its type");
      same(Object.keys(told.message).sort(), FIELDS, "the fields of a message");
      same([told.message.content, told.message.seq, told.message.ticketNumber], [`message ${n}`, n, customer.number], "what it says");
      same([told.message.customerId, told.message.staffId], [customer.id, agent.id], "whose it is");
      const own = await from.told("messageSent", (one) => one.message.id === ack.messageId);
      same(own.type, "message_sent", "its own");
      times.push(to.heard.find((one) => one.payload.message?.id === ack.messageId).at - sent);
    }
    times.sort((a, b) => a - b);
    check(times[Math.floor(times.length / 2)] < 100, "delivery takes less than 100 ms", times);
    same((await stored(agent, room)).map((one) => one.content), Array.from({ length: 20 }, (_, n) => `message ${n + 1}`), "what is stored");
    const again = await asking.call("sendMessage", { conversationId: room, content: "message 1", clientMessageId: "c-1" });
    same([again.seq, again.duplicate], [1, true], "the same again");
    const other = await asking.call("sendMessage", { conversationId: room, content: "autre", clientMessageId: "c-1" });
    same([other.error.code, other.error.retry], ["idempotency_mismatch", false], "the same name for another content");
    same(asking.of("newMessage").length, 10, "nothing twice");
    close(asking, answering);
  },
  async "nobody needs to join, also after a message by REST"() {
    const { customer, asking, answering, room } = await pair();
    const twin = await Client.connect(customer, options);
    await say(agent, room, "par REST");
    await say(customer, room, "de moi");
    for (const client of [asking, twin]) {
      await client.told("newMessage", (one) => one.message.content === "par REST");
      await client.told("messageSent", (one) => one.message.content === "de moi");
    }
    await answering.told("newMessage", (one) => one.message.content === "de moi");
    await answering.told("messageSent", (one) => one.message.content === "par REST");
    const outside = await Client.connect(await visitor("Zoé"), options);
    await say(agent, room, "encore");
    await twin.told("newMessage", (one) => one.message.content === "encore");
    same([outside.of("newMessage"), outside.of("messageSent")], [[], []], "nobody else hears of it");
    close(asking, answering, twin, outside);
  },
  async "a conversation that begins later is followed from its first message"() {
    const client = await Client.connect(await signedIn("customer"), options);
    const customer = await signedIn("customer");
    const opened = await rest("POST", "/support-requests", customer.token, {
      subject: "Commande", description: "Où est ma commande ?",
    });
    const created = await client.told("ticket.created", (one) => one.ticket.id === opened.id);
    same([created.ticket.number, created.ticket.conversationId, created.type], [opened.number, opened.conversation_id, "ticket_created"], "the request");
    await say(agent, opened.conversation_id, "Nous regardons");
    const told = await client.told("newMessage", (one) => one.message.content === "Nous regardons");
    same(told.message.ticketNumber, opened.number, "its number");
    await client.told("ticket.status_changed", (one) => one.ticket.id === opened.id);
    client.close();
  },
  async "typing, reading and coming and going are seen"() {
    const { customer, asking, answering, room } = await pair();
    await say(customer, room, "une question");
    const question = await answering.told("newMessage");
    asking.socket.emit("typing", { conversationId: room, isTyping: true });
    const typing = await answering.told("userTyping");
    same([typing.userId, typing.isTyping, typing.type, "userEmail" in typing], [customer.id, true, "user_typing", true], "typing");
    asking.socket.emit("typing", { conversationId: room, isTyping: false });
    await answering.told("userTyping", (one) => !one.isTyping);
    answering.socket.emit("typing", { recipientId: customer.id, isTyping: true });
    await asking.told("userTyping", (one) => one.userId === agent.id);

    const answer = answering.call("markAsRead", { messageId: question.message.id });
    const confirmed = await answering.told("readConfirmation");
    same(confirmed.messageId, question.message.id, "the confirmation");
    check(!Number.isNaN(Date.parse(confirmed.readAt)), "when", confirmed);
    same(await answer, confirmed, "the answer says the same");
    const read = await asking.told("messageRead");
    same([read.messageId, read.readerId, read.type], [question.message.id, agent.id, "message_read"], "read");

    for (const content of ["un", "deux"]) {
      await say(agent, room, content);
    }
    await asking.told("newMessage", (one) => one.message.content === "deux");
    asking.socket.emit("markConversationAsRead", { conversationId: room });
    await until(() => answering.of("messageRead").length === 2, "both are read");
    const unread = await rest("GET", `/conversations/${room}`, customer.token);
    same(unread.unread_count, 0, "and stored");

    const twin = await Client.connect(customer, options);
    twin.close();
    await sleep(200);
    same(answering.of("userOffline"), [], "another socket of theirs is there");
    asking.close();
    const gone = await answering.told("userOffline");
    same([gone.userId, gone.type], [customer.id, "user_offline"], "gone");
    const back = await Client.connect(customer, options);
    await answering.told("userOnline", (one) => one.userId === customer.id);
    close(back, answering);
  },
  async "a request that is closed is told with its last message"() {
    const { customer, asking, answering, room } = await pair();
    await say(agent, room, "c'est fait");
    const last = await asking.told("newMessage");
    await rest("POST", `/support-requests/${customer.request}/resolve`, agent.token, { resolution: "fait" });
    await rest("POST", `/support-requests/${customer.request}/close`, agent.token, {});
    const closed = await asking.told("messageClosed");
    same([closed.messageId, closed.type], [last.message.id, "message_closed"], "closed");
    check("closerId" in closed, "by whom", closed);
    await asking.told("ticket.status_changed", (one) => one.ticket.status === "closed");
    const refused = await asking.call("sendMessage", { conversationId: room, content: "trop tard" });
    same([refused.error.code, refused.error.retry], ["closed", false], "it takes no message");
    close(asking, answering);
  },
  async "history comes with joining, exactly from where one was"() {
    const { customer, asking, answering, room } = await pair();
    for (let n = 1; n <= 60; n++) {
      await say(n % 2 ? customer : agent, room, `${n}`, `h-${n}`);
    }
    const fresh = await asking.call("joinConversation", { conversationId: customer.number });
    same([fresh.conversationId, fresh.lastSeq, fresh.messages.map((one) => one.seq)], [room, 60, Array.from({ length: 50 }, (_, n) => n + 11)], "the last fifty, by the number");
    const resumed = await asking.call("joinConversation", { conversationId: room, epoch: fresh.epoch, afterSeq: 42 });
    same(resumed.messages.map((one) => one.seq), Array.from({ length: 18 }, (_, n) => n + 43), "what is missing");
    const reset = await asking.call("joinConversation", { conversationId: room, epoch: crypto.randomUUID(), afterSeq: 42 });
    same([reset.reset, reset.messages.length], ["epoch_changed", 50], "another history");
    const nobody = await visitor("Zoé");
    const foreign = await asking.call("joinConversation", { conversationId: nobody.conversation });
    same(foreign.error.code, "chat.conversation_not_found", "somebody else's");
    const number = await asking.call("joinConversation", { conversationId: nobody.number });
    same(number.error.code, "support_request.not_found", "and by its number");
    await asking.call("leaveConversation", { conversationId: room });
    await say(agent, room, "après");
    await asking.told("newMessage", (one) => one.message.content === "après");
    close(asking, answering);
  },
  async "a client of the names with hyphens hears those and no others"() {
    const { customer, asking, answering, room } = await pair();
    for (const client of [asking, answering]) {
      const joined = await client.call("join-conversation", { conversationId: room });
      same(joined.lastSeq, 0, "joined");
    }
    const ack = await asking.call("send-message", { conversationId: room, content: "bonjour" });
    const told = await answering.told("new-message");
    same(told.message.id, ack.messageId, "the message");
    asking.socket.emit("user-typing", { conversationId: room });
    await answering.told("user-typing", (one) => one.isTyping);
    asking.socket.emit("user-stopped-typing", { conversationId: room });
    await answering.told("user-stopped-typing", (one) => !one.isTyping);
    answering.socket.emit("mark-as-read", { conversationId: room, messageId: told.message.id });
    await answering.told("readConfirmation");
    await asking.told("message-read", (one) => one.readerId === agent.id);
    await say(agent, room, "encore");
    await asking.told("new-message");
    asking.socket.emit("mark-conversation-as-read", { conversationId: room });
    await answering.told("message-read");
    asking.close();
    await answering.told("user-offline", (one) => one.userId === customer.id);
    const back = await Client.connect(customer, options);
    await answering.told("user-online", (one) => one.userId === customer.id);
    for (const name of ["newMessage", "messageRead", "userTyping", "userOnline", "userOffline"]) {
      same([asking.of(name), answering.of(name)], [[], []], name);
    }
    await answering.call("leave-conversation", { conversationId: room });
    close(back, answering);
  },
  async "several sockets and both namespaces of one person hear the same"() {
    const { customer, asking, answering, room } = await pair();
    const more = await Promise.all(["/", "/messaging", "/"].map((namespace) => Client.connect(customer, { ...options, namespace })));
    await say(agent, room, "à tous");
    for (const client of [asking, ...more]) {
      await client.told("newMessage");
    }
    await sleep(100);
    for (const client of [asking, ...more]) {
      same(client.of("newMessage").length, 1, "once each");
    }
    // Two namespaces over one connection.
    const main = await Client.connect(customer, { ...options, namespace: "/", forceNew: false, multiplex: true });
    const messaging = main.socket.io.socket("/messaging", { auth: { token: customer.token } });
    const heard = [];
    messaging.on("newMessage", (one) => heard.push(one));
    messaging.connect();
    await until(() => messaging.connected, "the second namespace");
    await say(agent, room, "deux fois");
    await main.told("newMessage", (one) => one.message.content === "deux fois");
    await until(() => heard.length === 1, "the second namespace hears it");
    close(asking, answering, main, ...more);
  },
  async "who may not come in is told why"() {
    for (const [person, code] of [[{ token: "nonsense" }, "identity.not_authenticated"], [null, "identity.not_authenticated"]]) {
      const client = new Client(person, options);
      await until(() => client.errors.length > 0, "a refusal");
      same(client.errors[0].data?.code, code, "the code");
      check(client.errors[0].message.length > 0, "in words");
      check(!client.socket.connected, "not connected");
      client.close();
    }
    const admin = new Client(agent, { ...options, namespace: "/admin" });
    await until(() => admin.errors.length > 0, "a refusal");
    same(admin.errors[0].message, "Invalid namespace", "another namespace");
    admin.close();
    const { token } = await visitor("Léa");
    for (const way of [{ query: { token } }, { extraHeaders: { authorization: `Bearer ${token}` } }, { auth: { token: `Bearer ${token}` } }]) {
      const client = await Client.connect(null, { ...options, ...way });
      client.close();
    }
  },
  async "a token that ends closes, and a fresh one comes in by itself"() {
    const login = await signedIn("agent2");
    const tokens = [login.token, (await signedIn("agent2")).token];
    const asked = [];
    const client = new Client(null, {
      ...options,
      auth: (give) => {
        asked.push(tokens[0]);
        give({ token: tokens.length > 1 ? tokens.shift() : tokens[0] });
      },
    });
    await client.connected();
    await rest("POST", "/auth/logout", login.token, {});
    await until(() => client.of("connected").length === 2, "a second connection");
    same(asked.length, 2, "with a fresh token");
    client.close();
  },
  async "bytes are refused, and the connection is kept"() {
    const { asking, answering, room } = await pair();
    const refused = await asking.call("sendMessage", { conversationId: room, content: "x", file: Buffer.from([1, 2, 3]) });
    same(refused.error.code, "realtime.not_supported", "refused");
    asking.socket.emit("upload", Buffer.from([1, 2, 3]));
    await asking.told("error", (one) => one.code === "realtime.not_supported");
    const ack = await asking.call("sendMessage", { conversationId: room, content: "des mots" });
    same(ack.seq, 1, "words go through");
    same(asking.of("connected").length, 1, "on the same connection");
    close(asking, answering);
  },
  async "staff see requests come and change"() {
    const watching = await Client.connect(supervisor, options);
    const customer = await visitor("Ida", "Bonjour");
    const created = await watching.told("ticket.created", (one) => one.ticket.id === customer.request);
    same(created.ticket.number, customer.number, "its number");
    await rest("POST", `/support-requests/${customer.request}/assign`, agent.token, { agent_id: agent.id });
    const changed = await watching.told("ticket.status_changed", (one) => one.ticket.id === customer.request);
    check(changed.ticket.version > created.ticket.version, "a greater version");
    watching.close();
  },
});
