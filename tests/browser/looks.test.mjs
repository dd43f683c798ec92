// How the pages look, in every size and light, and whether everybody can use them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DESKTOP, PHONE, launch, profile, screenshot, violations } from './browser.mjs';
import { Agent, Visitor, sees } from './people.mjs';
import { Server } from './server.mjs';

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

const SIZES = { desktop: DESKTOP, phone: PHONE };

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark']) {
    const look = `${size}-${colorScheme}`;

    test(`the widget on a ${size}, ${colorScheme}`, async () => {
      const page = await profile(browser, { viewport, colorScheme });
      const visitor = new Visitor(page, server.base);
      await page.goto(`${server.base}/`);
      await page.getByRole('button', { name: /^Ouvrir la messagerie/ }).waitFor();
      await lookAt(page, `demo-${look}`);
      await visitor.arrive();
      await page.getByRole('button', { name: /Écrire à l’équipe/ }).waitFor();
      await lookAt(page, `widget-home-${look}`);
      await visitor.ask(`Bonjour, ma clé ne marche plus (${look})`, 'ana@exemple.fr');
      await sees(visitor.thread, [`Bonjour, ma clé ne marche plus (${look})`]);
      await lookAt(page, `widget-conversation-${look}`);
      assert.deepEqual(page.errors, []);
      await page.context().close();
    });

    test(`the console on a ${size}, ${colorScheme}`, async () => {
      const page = await profile(browser, { viewport, colorScheme });
      const agent = new Agent(page, server.base);
      await page.goto(`${server.base}/console/?organization=demo`);
      await page.getByLabel('Mot de passe').waitFor();
      await lookAt(page, `console-sign-in-${look}`);
      await agent.signIn();
      await page.locator('a.row').first().waitFor();
      await lookAt(page, `console-inbox-${look}`);
      await page.locator('a.row').first().click();
      await agent.thread.locator('.bubble').first().waitFor();
      await lookAt(page, `console-conversation-${look}`);
      assert.deepEqual(page.errors, []);
      await page.context().close();
    });
  }
}

async function lookAt(page, name) {
  await screenshot(page, name);
  assert.deepEqual(await violations(page), [], `axe on ${name}`);
}
