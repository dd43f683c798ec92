// A client as applications have it: @stomp/stompjs as it is published, over the sockets of ws. What an application
// adds is small and stands here too: from where it subscribes again, and what it sends again.
//
// It does what lines of JSON on standard input say, and says what happens in lines of JSON on standard output.

import { createInterface } from 'node:readline';
import { Client, Versions } from '@stomp/stompjs';
import WebSocket from 'ws';

const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

let client;
/** The conversations that are followed, each with the last place that was applied. */
const followed = new Map();
/** What was sent and has no receipt yet, in order. */
const unanswered = new Map();
/** The frames that may be acknowledged, by their message-id and subscription. */
const received = new Map();
const subscriptions = new Map();

const remember = (message) => {
  received.set(`${message.headers.subscription}/${message.headers['message-id']}`, message);
};

function follow(conversation) {
  const state = followed.get(conversation);
  const headers = { ...state.headers };
  if (state.seq !== undefined) {
    headers['after-seq'] = String(state.seq);
    if (state.epoch) headers.epoch = state.epoch;
  }
  const destination = `/topic/conversations/${conversation}`;
  client.subscribe(destination, (message) => {
    const { event, seq } = message.headers;
    if (event === 'reset') {
      state.seq = undefined;
    } else if (seq !== undefined) {
      const place = Number(seq);
      if (state.seq !== undefined && place <= state.seq) return say({ doubled: place });
      if (state.dense && place !== state.seq + 1) say({ gap: [state.seq, place] });
      state.seq = place;
      // What came before a first place is not known; from there on there is no hole.
      state.dense = state.headers['after-seq'] !== undefined || state.live;
    }
    remember(message);
    say({ message: message.headers, body: JSON.parse(message.body) });
    if (state.acks) message.ack();
  }, headers);
}

function send(id) {
  const { conversation, content, headers } = unanswered.get(id);
  client.watchForReceipt(id, (frame) => {
    unanswered.delete(id);
    say({ receipt: frame.headers });
  });
  client.publish({
    destination: `/app/conversations/${conversation}/send`,
    body: JSON.stringify({ content }),
    headers: { 'client-message-id': id, receipt: id, ...headers },
  });
}

const orders = {
  activate({ url, token, options = {}, headers }) {
    const { versions, ...others } = options;
    client = new Client({
      webSocketFactory: () => new WebSocket(url, Versions.default.protocolVersions()),
      connectHeaders: headers ?? { Authorization: `Bearer ${token}` },
      reconnectDelay: 100,
      ...(versions ? { stompVersions: new Versions(versions) } : {}),
      ...others,
      onConnect(frame) {
        say({ connected: frame.headers, version: client.connectedVersion });
        for (const [conversation, state] of followed) {
          state.epoch ??= frame.headers.epoch;
          follow(conversation);
        }
        for (const id of [...unanswered.keys()]) send(id);
      },
      onStompError: (frame) => say({ error: frame.headers, body: frame.body }),
      onWebSocketClose: (event) => say({ closed: event.code }),
      onDisconnect: () => say({ disconnected: true }),
      onUnhandledReceipt: (frame) => say({ receipt: frame.headers }),
      onUnhandledMessage: (message) => {
        remember(message);
        say({ unhandled: message.headers, body: message.body });
      },
      onHeartbeatReceived: () => say({ heartbeat: true }),
      onHeartbeatLost: () => say({ lost: true }),
    });
    client.activate();
  },
  follow({ conversation, after, headers = {}, acks = false }) {
    const first = after === undefined ? {} : { 'after-seq': String(after) };
    followed.set(conversation, { headers: { ...headers, ...first }, seq: after, acks, dense: after !== undefined });
    follow(conversation);
  },
  send({ conversation, id, content, headers = {} }) {
    unanswered.set(id, { conversation, content, headers });
    if (client.connected) send(id);
  },
  subscribe({ destination, headers = {} }) {
    const subscription = client.subscribe(destination, (message) => {
      remember(message);
      say({ message: message.headers, body: JSON.parse(message.body) });
    }, headers);
    subscriptions.set(subscription.id, subscription);
  },
  unsubscribe({ id, headers = {} }) {
    subscriptions.get(id).unsubscribe(headers);
  },
  publish({ destination, headers = {}, body = '' }) {
    client.publish({ destination, headers, body });
  },
  ack({ message, subscription, headers = {} }) {
    received.get(`${subscription}/${message}`).ack(headers);
  },
  nack({ message, subscription, headers = {} }) {
    received.get(`${subscription}/${message}`).nack(headers);
  },
  begin: ({ id }) => client.begin(id),
  commit: ({ id }) => client.commit(id),
  abort: ({ id }) => client.abort(id),
  deactivate: () => client.deactivate(),
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const { order, ...rest } = JSON.parse(line);
  orders[order](rest);
}).on('close', () => process.exit(0));
