// Whether the AsyncAPI document is one, and says the same as the samples of the frames.
//
//   node asyncapi.mjs FOLDER [ADDRESS]
//
// FOLDER holds `asyncapi.yaml` and `frames/`; with ADDRESS the document is fetched from there, as a tool of others
// would. Ends with 1 and a sentence for each thing that is wrong; else prints what the document names, as JSON.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Parser } from '@asyncapi/parser';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';

const ERROR = 0;
const [folder, address] = process.argv.slice(2);
const source = address ?? join(folder, 'asyncapi.yaml');
const wrong = [];
const text = address === undefined ? readFileSync(source, 'utf8') : await (await fetch(address)).text();
const { document, diagnostics } = await new Parser().parse(text, { source });
for (const { severity, message, path } of diagnostics) {
  if (severity === ERROR) wrong.push(`${path.join('.')}: ${message}`);
}
if (document === undefined) finish();

const { info, channels, operations, 'x-close-codes': closeCodes } = document.json();
const samples = readdirSync(join(folder, 'frames')).filter((name) => name.endsWith('.json')).map((name) => {
  const frame = JSON.parse(readFileSync(join(folder, 'frames', name), 'utf8'));
  return { name, side: name.split('-')[0], frame };
});
const messages = Object.entries(channels.native.messages).map(([id, message]) => {
  return { id, side: id.match(/^[a-z]+/)[0], type: message.name, message };
});
const ajv = addFormats(new Ajv({ strict: false, allErrors: true }));

for (const { name, side, frame } of samples) {
  if (!messages.some((one) => one.side === side && one.type === frame.type)) {
    wrong.push(`${name}: the document has no frame ${frame.type} of a ${side}`);
  }
}
for (const { id, side, type, message } of messages) {
  const own = samples.filter((sample) => sample.side === side && sample.frame.type === type);
  if (own.length === 0) wrong.push(`${id}: there is no sample of it`);
  const validate = ajv.compile(closed(message.payload));
  for (const { name, frame } of own) {
    if (!validate(frame)) wrong.push(`${name}: ${ajv.errorsText(validate.errors, { dataVar: type })}`);
  }
  const shown = (message.examples ?? []).map((example) => example.payload);
  for (const { name, frame } of own) {
    if (!shown.some((example) => isDeepStrictEqual(example, frame))) wrong.push(`${id}: ${name} is not among its examples`);
  }
  if (shown.length !== own.length) wrong.push(`${id}: has ${shown.length} examples and ${own.length} samples`);
  const frames = own.map((sample) => sample.frame);
  const { required, properties } = message.payload;
  for (const [name, schema] of Object.entries(properties)) {
    if (!required.includes(name)) {
      if (!frames.some((frame) => name in frame)) wrong.push(`${id}: no sample has ${name}`);
      // Any frame may come without it: that is not worth a sample each.
      if (name !== 'ref' && frames.every((frame) => name in frame)) wrong.push(`${id}: no sample is without ${name}`);
    } else {
      const unseen = (schema.enum ?? []).filter((value) => !frames.some((frame) => frame[name] === value));
      if (unseen.length > 0) wrong.push(`${id}: no sample has ${name} = ${unseen.join(', ')}`);
    }
  }
  if (side === 'client' && !['everybody', 'staff'].includes(message['x-may-send'])) wrong.push(`${id}: who may send it?`);
}
for (const id of Object.values(channels).flatMap((channel) => Object.keys(channel.messages))) {
  const uses = Object.values(operations).filter((operation) => {
    const all = [...operation.messages, ...(operation.reply?.messages ?? [])];
    return all.some((one) => one['x-parser-unique-object-id'] === id);
  });
  if (uses.length === 0) wrong.push(`${id}: no operation has it`);
}
stomp(join(folder, 'frames', 'stomp'));
socketio(join(folder, 'frames', 'socketio'));
finish();

/** Each sample of STOMP that goes to or comes from a destination is what the channel of that destination says. */
function stomp(samples) {
  if (!existsSync(samples)) return;
  const shown = new Set();
  for (const name of readdirSync(samples)) {
    // The NUL at the end of a frame is written as `^@`, so that the samples are plain text.
    const [head, body] = readFileSync(join(samples, name), 'utf8').replace(/\^@\n*$/, '').split(/\n\n(.*)/s);
    const [command, ...lines] = head.split('\n');
    const headers = Object.fromEntries(lines.map((line) => line.split(/:(.*)/s).slice(0, 2)));
    const isReceipt = command === 'RECEIPT' && headers['message-id'] !== undefined;
    if (command !== 'SEND' && command !== 'MESSAGE' && !isReceipt) continue;
    const payload = body.startsWith('{') ? JSON.parse(body) : body;
    const known = Object.entries(channels).filter(([id]) => id.startsWith('stomp')).flatMap(([, channel]) => {
      const address = new RegExp(`^${channel.address.replace(/\{[a-z_]+\}/, '[^/]+')}$`);
      return isReceipt || address.test(headers.destination) ? Object.entries(channel.messages) : [];
    }).filter(([, message]) => message.name === command);
    const fits = known.filter(([, message]) => {
      const says = (schema, value) => schema === undefined || ajv.validate(schema, value);
      return says(message.headers, headers) && says(closed(message.payload), payload);
    });
    for (const [id] of fits) shown.add(id);
    if (fits.length === 0) wrong.push(`stomp/${name}: fits none of ${known.map(([id]) => id).join(', ') || 'the channels'}`);
  }
  const named = Object.entries(channels).filter(([id]) => id.startsWith('stomp')).flatMap(([, channel]) => Object.keys(channel.messages));
  for (const id of named) if (!shown.has(id)) wrong.push(`${id}: there is no sample of it`);
}

/** Each sample of Socket.IO, `[event, payload]` or `[answer]`, is what the document says of that name on that side. */
function socketio(samples) {
  if (!existsSync(samples)) return;
  const all = Object.entries(channels.socketio.messages);
  const said = Object.values(operations).filter((operation) => operation.action === 'receive').flatMap((operation) => operation.messages);
  const ofClients = new Set(said.map((message) => message['x-parser-unique-object-id']));
  const shown = new Set();
  for (const name of readdirSync(samples)) {
    const sample = JSON.parse(readFileSync(join(samples, name), 'utf8'));
    const isAnswer = name.startsWith('answer-');
    // Joining and leaving a namespace are packets of the protocol, and no events.
    if (!Array.isArray(sample)) continue;
    const [event, payload] = isAnswer ? ['acknowledgement', sample[0]] : sample;
    const known = all.filter(([id, message]) => {
      const names = [message.name, message['x-also'], message['x-also-stopped']];
      // What is confirmed by an event is confirmed by the same to a callback.
      if (isAnswer) return names.includes(event) || message.name === 'readConfirmation';
      return names.includes(event) && ofClients.has(id) === name.startsWith('client-');
    });
    const fits = known.filter(([, message]) => ajv.validate(closed(message.payload), payload));
    for (const [id] of fits) shown.add(id);
    if (fits.length === 0) wrong.push(`socketio/${name}: fits none of ${known.map(([id]) => id).join(', ') || 'the events'}: ${ajv.errorsText()}`);
  }
  for (const [id] of all) if (!shown.has(id)) wrong.push(`${id}: there is no sample of it`);
}

/** The same, where nothing may be there that it does not name. */
function closed(schema) {
  if (Array.isArray(schema)) return schema.map(closed);
  if (schema === null || typeof schema !== 'object') return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, key === 'oneOf' ? cases(value) : closed(value)]));
  if (copy.properties !== undefined && copy.additionalProperties === undefined) copy.additionalProperties = false;
  return copy;
}

/** What is said of one case more than of all: the fields stand elsewhere, their own shapes here. */
function cases(schemas) {
  return schemas.map((schema) => {
    const copy = closed(schema);
    if (schema.type === undefined) delete copy.additionalProperties;
    return copy;
  });
}

function finish() {
  if (wrong.length > 0) {
    console.error(wrong.join('\n'));
    process.exit(1);
  }
  const names = (side) => messages.filter((one) => one.side === side).map((one) => one.type);
  const told = { version: info.version, client: names('client'), server: names('server'), close_codes: closeCodes };
  console.log(JSON.stringify(told));
  process.exit(0);
}
