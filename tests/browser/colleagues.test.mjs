// Two members of staff in their consoles: who has a request open, and who wants to be asked.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DESKTOP, PHONE, launch, profile, screenshot, violations } from './browser.mjs';
import { Agent, sees } from './people.mjs';
import { Server } from './server.mjs';
import { until } from './until.mjs';

let server;
let browser;

before(async () => {
  server = await Server.start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** A console with the conversation of that question open. */
async function desk(name, question, options) {
  const page = await profile(browser, options);
  const agent = new Agent(page, server.base);
  await agent.signIn(name);
  await page.goto(`${server.base}/console/open`);
  await page.locator('a.row', { hasText: question }).first().click();
  await agent.thread.locator('.bubble').first().waitFor();
  return agent;
}

for (const [size, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  for (const colorScheme of ['light', 'dark']) {
    test(`two who have a request open see each other, on a ${size}, ${colorScheme}`, async () => {
      const question = `Ma batterie est vide, que faire ? (${size}, ${colorScheme})`;
      await server.call('/public/conversations', { body: { organization: 'demo', name: 'Ana Diaz', content: question } });
      const here = await desk('agent', question, { viewport, colorScheme });
      const others = here.page.locator('.viewers');
      assert.equal((await others.innerText()).trim(), '', 'alone');
      const there = await desk('supervisor', question);
      await others.getByText('Sylvie Lacombe consulte cette demande.').waitFor();
      await lookAt(here.page, `console-viewing-${size}-${colorScheme}`);
      await there.field.fill('Bonjour, je regarde');
      await others.getByText('Sylvie Lacombe rédige une réponse.').waitFor();
      await lookAt(here.page, `console-replying-${size}-${colorScheme}`);
      await there.field.fill('');
      await others.getByText('Sylvie Lacombe consulte cette demande.').waitFor();
      await there.page.context().close();
      await until('she is gone', 1_000, async () => (await others.innerText()).trim() === '');
      await sees(here.thread, [question]);
      assert.deepEqual(here.page.errors, []);
      await here.page.context().close();
    });
  }
}

test('who is away is not there for visitors, and still away after a reload', async () => {
  const online = async () => (await server.call('/public/availability?organization=demo')).online;
  const agent = new Agent(await profile(browser), server.base);
  await agent.signIn('agent');
  await until('the agent is there', 5_000, online);
  const account = agent.page.getByRole('button', { name: /^Compte de / });
  const choose = async (name) => {
    await account.click();
    const item = agent.page.getByRole('menuitemradio', { name });
    await item.waitFor();
    await lookAt(agent.page, `console-availability-${name}`);
    await item.click();
  };
  await choose('Absent');
  await until('nobody is there for visitors', 5_000, async () => !(await online()));
  await agent.page.reload();
  await agent.page.getByRole('button', { name: /^Compte de .* Absent$/ }).waitFor();
  await choose('Disponible');
  await until('the agent is there again', 5_000, online);
  assert.deepEqual(agent.page.errors, []);
  await agent.page.context().close();
});

async function lookAt(page, name) {
  await screenshot(page, name);
  assert.deepEqual(await violations(page), [], `axe on ${name}`);
}
