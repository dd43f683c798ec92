// A visitor in the widget, an agent in the console, and a server that dies between them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, profile } from './browser.mjs';
import { Agent, Visitor, receipt, sees } from './people.mjs';
import { Server } from './server.mjs';
import { until } from './until.mjs';

let server;
let browser;
let visitor;
let agent;

before(async () => {
  server = await Server.start();
  browser = await launch();
  visitor = new Visitor(await profile(browser), server.base);
  agent = new Agent(await profile(browser), server.base);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

// Each test goes on where the one before ended: it is one conversation.
const conversation = [];

test('a visitor writes in the widget and the agent sees it in the console', async () => {
  await agent.signIn();
  await visitor.arrive();
  await visitor.ask('Ma voiture ne démarre plus', 'ana@exemple.fr');
  conversation.push('Ma voiture ne démarre plus');
  await sees(visitor.thread, conversation);
  await agent.open(/Non attribuées/, 'Ma voiture ne démarre plus');
  await sees(agent.thread, conversation);
});

test('the agent takes the request and answers, and the visitor sees it', async () => {
  await agent.page.getByRole('button', { name: 'Prendre', exact: true }).first().click();
  await agent.page.getByRole('button', { name: 'Prendre', exact: true }).first().waitFor({ state: 'detached' });
  await agent.write('Bonjour, que dit le tableau de bord ?');
  conversation.push('Bonjour, que dit le tableau de bord ?');
  await sees(visitor.thread, conversation);
  await sees(agent.thread, conversation);
});

test('each sees that the other is writing', async () => {
  await agent.field.pressSequentially('Je cherche', { delay: 30 });
  await visitor.thread.locator('.typing').waitFor();
  await agent.field.fill('');
  await visitor.field.pressSequentially('Un voyant', { delay: 30 });
  await agent.thread.locator('.typing').waitFor();
  await visitor.field.fill('');
});

test('each sees that the other has read', async () => {
  await receipt(visitor.thread, 'Lu');
  await receipt(agent.thread, 'Lu');
});

test('both find everything again after a reload', async () => {
  await visitor.comeBack();
  await sees(visitor.thread, conversation);
  await agent.page.reload();
  await agent.thread.waitFor();
  await sees(agent.thread, conversation);
});

test('a draft outlives a reload', async () => {
  await visitor.field.fill('Un brouillon');
  await agent.field.fill('Un autre brouillon');
  await visitor.comeBack();
  await agent.page.reload();
  await agent.thread.waitFor();
  assert.equal(await visitor.field.inputValue(), 'Un brouillon');
  assert.equal(await agent.field.inputValue(), 'Un autre brouillon');
  await visitor.field.fill('');
  await agent.field.fill('');
});

test('what both write while the server is dead arrives once, in one order', async () => {
  await server.kill();
  await visitor.write('Le voyant rouge');
  await agent.write('Restez où vous êtes');
  await visitor.write('et de la fumée');
  await receipt(visitor.thread, /Partira au retour du réseau|Envoi en cours|Partira après/);
  await server.run();
  const stored = async () => {
    const token = await server.signIn('admin');
    const { items } = await server.call('/support-requests?limit=100', { token });
    const request = items.find(({ requester }) => requester.email === 'ana@exemple.fr');
    return (await server.messages(token, request.conversation_id)).filter(({ type }) => type === 'text');
  };
  await until('all is stored', 40_000, async () => (await stored()).length >= 5);
  const order = (await stored()).map(({ content }) => content);
  assert.deepEqual([...order].sort(), [...conversation, 'Le voyant rouge', 'Restez où vous êtes', 'et de la fumée'].sort());
  assert.ok(order.indexOf('Le voyant rouge') < order.indexOf('et de la fumée'), 'one person’s sends keep their order');
  conversation.splice(0, conversation.length, ...order);
  await sees(visitor.thread, conversation, 30_000);
  await sees(agent.thread, conversation, 30_000);
});

test('what was written right before the page was left during an outage is not lost', async () => {
  await server.kill();
  await visitor.write('Je pars, voici mon numéro');
  conversation.push('Je pars, voici mon numéro');
  await sees(visitor.thread, conversation);
  await visitor.leave();
  await server.run();
  await visitor.arrive();
  await visitor.openLast();
  await sees(visitor.thread, conversation, 30_000);
  await sees(agent.thread, conversation, 30_000);
});

test('the agent resolves, and the visitor is told', async () => {
  await agent.page.getByRole('button', { name: 'Résoudre' }).first().click();
  await visitor.panel.getByText('Demande résolue').first().waitFor();
});

test('no page has thrown an error', () => {
  assert.deepEqual(visitor.page.errors, []);
  assert.deepEqual(agent.page.errors, []);
});
