// Files between a visitor and an agent, also where the network is slow, cut, or the page is left.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import { after, before, test } from 'node:test';
import { DESKTOP, PHONE, launch, profile, screenshot, violations } from './browser.mjs';
import { drag, drop, paste, pdf, picture, text } from './files.mjs';
import { Agent, Visitor, receipt, sees } from './people.mjs';
import { Server } from './server.mjs';
import { until } from './until.mjs';

const MEBIBYTE = 1024 * 1024;

let server;
let browser;
let visitor;
let agent;

before(async () => {
  server = await Server.start();
  browser = await launch();
  visitor = new Visitor(await profile(browser), server.base);
  agent = new Agent(await profile(browser), server.base);
  await agent.signIn();
  await visitor.arrive();
  await visitor.ask('Mes plaquettes ne vont pas', 'ana@exemple.fr');
  await agent.open(/Non attribuées/, 'Mes plaquettes ne vont pas');
  await sees(agent.thread, ['Mes plaquettes ne vont pas']);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const chips = (page) => page.locator('.chip');
const ready = (page, count) => until(`${count} files are ready`, 15_000, async () => (await page.locator('.chip[data-state="ready"]').count()) === count);
const drawn = (thread, name) => thread.getByRole('button', { name: `Agrandir l’image ${name}` }).locator('img');
const sha = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Waits until the browser has drawn it. */
async function shown(thread, name) {
  // What is far from the screen is not fetched.
  await thread.getByRole('button', { name: `Agrandir l’image ${name}` }).scrollIntoViewIfNeeded();
  const image = drawn(thread, name);
  await image.waitFor();
  await until(`${name} is drawn`, 10_000, () => image.evaluate((one) => one.complete && one.naturalWidth > 0));
}

async function saved(page, click) {
  const [download] = await Promise.all([page.waitForEvent('download'), click()]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

const photo = picture('etrier-avant-gauche.png');
const voucher = pdf('bon-echange-CMD-58213.pdf', 84_000);

test('what sends files is loaded when it is first needed, and not before', async () => {
  const loaded = () => visitor.page.evaluate(() => performance.getEntriesByType('resource').filter(({ name }) => name.includes('widget-files')).length);
  assert.equal(await loaded(), 0);
  const release = await drag(visitor.page, visitor.thread, [photo, voucher], visitor.panel.getByText('Déposez vos fichiers'));
  assert.equal(await loaded(), 1);
  await screenshot(visitor.page, 'widget-files-drag');
  await release();
  await ready(visitor.panel, 2);
});

test('a visitor sends a picture and a document, and the agent sees and saves them', async () => {
  await lookAt(visitor.page, 'widget-files-ready');
  await visitor.write('Voici l’étrier et le bon');
  await visitor.panel.locator('.chip').first().waitFor({ state: 'detached' });
  await receipt(visitor.thread, /Envoyé|Distribué|Lu/);
  for (const person of [visitor, agent]) {
    await shown(person.thread, photo.name);
    await person.thread.getByRole('button', { name: /Télécharger bon-echange-CMD-58213.pdf PDF, 82 Ko/ }).waitFor();
  }
  await sees(agent.thread, ['Mes plaquettes ne vont pas', 'Voici l’étrier et le bon']);
  const file = await saved(agent.page, () => agent.thread.getByRole('button', { name: /Télécharger bon-echange/ }).click());
  assert.equal(file.name, voucher.name);
  assert.equal(sha(file.bytes), sha(voucher.buffer));
  await lookAt(visitor.page, 'widget-files-sent');
  await lookAt(agent.page, 'console-files-received');
});

test('a picture opens over the page, and Escape gives the focus back', async () => {
  for (const [person, name] of [[agent, 'console'], [visitor, 'widget']]) {
    const opener = person.thread.getByRole('button', { name: `Agrandir l’image ${photo.name}` });
    await opener.focus();
    await person.page.keyboard.press('Enter');
    const viewer = person.page.getByRole('dialog', { name: `Image ${photo.name}` });
    await viewer.waitFor();
    await screenshot(person.page, `${name}-files-viewer`);
    const file = await saved(person.page, () => viewer.getByRole('button', { name: /Télécharger/ }).click());
    assert.equal(sha(file.bytes), sha(photo.buffer));
    await person.page.keyboard.press('Escape');
    await viewer.waitFor({ state: 'detached' });
    assert.equal(await opener.evaluate((element) => element.getRootNode().activeElement === element), true);
    assert.ok(await person.thread.isVisible(), 'what is under it stays');
  }
});

test('the request’s files stand beside the conversation', async () => {
  const files = agent.page.getByRole('region', { name: 'Détails' }).locator('.files li');
  await until('both are listed', 5_000, async () => (await files.count()) === 2);
});

test('an agent pastes a screenshot without a word, and the visitor sees it', async () => {
  await paste(agent.page, agent.field, [picture('image.png', { width: 500, height: 300 })]);
  await ready(agent.page, 1);
  await lookAt(agent.page, 'console-files-ready');
  await agent.page.getByRole('button', { name: 'Envoyer' }).click();
  await agent.page.locator('.chip').waitFor({ state: 'detached' });
  const name = (await visitor.thread.getByRole('button', { name: /Agrandir l’image capture-/ }).getAttribute('title')) ?? '';
  assert.match(name, /^capture-\d{8}-\d{6}\.png$/);
  await shown(visitor.thread, name);
  await shown(agent.thread, name);
  await sees(visitor.thread, ['Mes plaquettes ne vont pas', 'Voici l’étrier et le bon']);
  await agent.page.getByRole('navigation', { name: 'Vues' }).getByRole('link', { name: /Toutes ouvertes/ }).click();
  await agent.page.locator('a.row', { hasText: 'Vous : Fichier joint' }).first().click();
  await agent.thread.waitFor();
});

test('words that are copied with a picture of themselves are pasted as words', async () => {
  const taken = await agent.field.evaluate((field) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', 'Une cellule');
    clipboardData.items.add(new File(['x'], 'image.png', { type: 'image/png' }));
    const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
    field.dispatchEvent(event);
    return event.defaultPrevented;
  });
  assert.equal(taken, false);
  assert.equal(await chips(agent.page).count(), 0);
});

test('an upload shows how far it is, and a message that was sent meanwhile leaves when it is there', async () => {
  const session = await throttle(visitor.page, 150_000);
  await chooser(visitor).setInputFiles([picture('route.png', { noise: 90 })]);
  const bar = visitor.panel.getByRole('progressbar', { name: 'Envoi de route.png' });
  await bar.waitFor();
  await until('some of it has left', 20_000, async () => Number(await bar.getAttribute('aria-valuenow').catch(() => 0)) > 0);
  await visitor.write('La route');
  await visitor.panel.getByText('Partira dès que les fichiers seront prêts').first().waitFor();
  await lookAt(visitor.page, 'widget-files-uploading');
  assert.equal(await visitor.field.inputValue(), 'La route');
  await session.detach();
  await shown(agent.thread, 'route.png');
  await sees(agent.thread, ['Mes plaquettes ne vont pas', 'Voici l’étrier et le bon', 'La route']);
  await until('the field is free', 5_000, async () => (await visitor.field.inputValue()) === '');
});

test('files that are not taken say why, and keep nothing else from being sent', async () => {
  const big = { name: 'film.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(10 * MEBIBYTE + 1, 'x') };
  const empty = text('vide.txt', '');
  const script = { name: 'photo.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00', 'latin1') };
  await drop(visitor.page, visitor.thread, [big, empty, script, text('notes.txt', 'Bruit au freinage')]);
  await visitor.panel.getByText('Trop lourd, 10 Mo au plus').first().waitFor();
  await visitor.panel.getByText('Ce fichier est vide').first().waitFor();
  await until('the server has refused the program', 10_000, async () => (await visitor.panel.locator('.chip[data-state="failed"]').count()) === 3);
  const words = await visitor.panel.locator('.chip', { hasText: 'photo.jpg' }).locator('.meta').innerText();
  assert.ok(words.length > 10 && !/415|error/i.test(words), words);
  await ready(visitor.panel, 1);
  await lookAt(visitor.page, 'widget-files-refused');
  for (const name of ['film.pdf', 'vide.txt', 'photo.jpg']) await visitor.panel.getByRole('button', { name: `Retirer ${name}` }).click();
  await visitor.write('Mes notes');
  await agent.thread.getByRole('button', { name: /Télécharger notes.txt Texte, 17 octets/ }).waitFor();
});

test('of six files the sixth is named as left out, and the same one twice is there once', async () => {
  const six = Array.from({ length: 6 }, (_, index) => text(`releve-${index + 1}.txt`, `Relevé ${index + 1}`));
  await drop(agent.page, agent.thread, six);
  await ready(agent.page, 5);
  await agent.page.getByText('5 fichiers au plus par message : releve-6.txt n’est pas joint').first().waitFor();
  await lookAt(agent.page, 'console-files-left-out');
  await agent.page.getByRole('button', { name: 'Retirer releve-5.txt' }).click();
  await drop(agent.page, agent.thread, [six[0]]);
  assert.equal(await chips(agent.page).count(), 4);
  for (const name of ['releve-1.txt', 'releve-2.txt', 'releve-3.txt', 'releve-4.txt']) await agent.page.getByRole('button', { name: `Retirer ${name}` }).click();
});

test('what is uploaded outlives a reload, what was not is said to be missing', async () => {
  await chooser(visitor).setInputFiles([text('pret.txt', 'Prêt')]);
  await ready(visitor.panel, 1);
  const session = await throttle(visitor.page, 20_000);
  await chooser(visitor).setInputFiles([picture('lente.png', { noise: 90 })]);
  await visitor.panel.getByRole('progressbar').waitFor();
  await visitor.comeBack();
  await session.detach();
  await ready(visitor.panel, 1);
  await visitor.panel.getByText('La page s’est fermée avant la fin, joignez-le de nouveau').first().waitFor();
  await lookAt(visitor.page, 'widget-files-lost');
  await visitor.panel.getByRole('button', { name: 'Retirer lente.png' }).click();
  await visitor.write('Après la coupure');
  await agent.thread.getByRole('button', { name: /Télécharger pret.txt/ }).waitFor();
});

test('an upload that the network cuts goes on when it is back, and is stored once', async () => {
  await visitor.page.context().setOffline(true);
  await chooser(visitor).setInputFiles([text('coupe.txt', 'Coupé')]);
  await visitor.panel.getByText('Connexion coupée, l’envoi va reprendre').first().waitFor();
  await screenshot(visitor.page, 'widget-files-interrupted');
  await visitor.page.context().setOffline(false);
  await ready(visitor.panel, 1);
  await visitor.write('De retour');
  await agent.thread.getByRole('button', { name: /Télécharger coupe.txt/ }).waitFor();
  assert.equal(await agent.thread.getByRole('button', { name: /Télécharger coupe.txt/ }).count(), 1);
});

test('an upload stays with its conversation while another one is on screen', async () => {
  await server.call('/public/conversations', { body: { organization: 'demo', name: 'Karim Haddad', content: 'Une autre demande' } });
  const session = await throttle(agent.page, 40_000);
  await agent.page.locator('.composer input[type="file"]').setInputFiles([picture('ici.png', { noise: 90, width: 400, height: 250 })]);
  await agent.page.getByRole('progressbar', { name: 'Envoi de ici.png' }).waitFor();
  const here = agent.page.url();
  await agent.page.locator('a.row', { hasText: 'Une autre demande' }).first().click();
  await sees(agent.thread, ['Une autre demande']);
  assert.equal(await chips(agent.page).count(), 0);
  await session.detach();
  await agent.page.goBack();
  await until('the conversation is back', 5_000, async () => agent.page.url() === here);
  await ready(agent.page, 1);
  await agent.page.getByRole('button', { name: 'Retirer ici.png' }).click();
});

test('files go from another site too, under its strict policy', async () => {
  const own = await Server.start([]);
  const policy = `default-src 'none'; script-src ${own.base}; connect-src ${own.base} ${own.base.replace('http', 'ws')}; img-src ${own.base}`;
  const site = createServer((_, answer) => {
    answer.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy, 'cross-origin-embedder-policy': 'require-corp' });
    answer.end(`<!doctype html><html lang="fr"><title>Garage</title><h1>Garage</h1><script src="${own.base}/widget.js" data-organization="garage" crossorigin></script>`);
  });
  await new Promise((ready) => site.listen(0, 'localhost', ready));
  try {
    const origin = `http://localhost:${site.address().port}`;
    await own.createOrganization('Garage', 'garage', origin);
    await until('the site may call', 30_000, async () => {
      const asked = get(`${own.base}/api/v1/public/availability?organization=garage`, { headers: { origin } });
      const [answer] = await once(asked, 'response');
      answer.resume();
      return answer.headers['access-control-allow-origin'] === origin;
    });
    const page = await profile(browser);
    await page.goto(origin);
    await page.getByRole('button', { name: 'Ouvrir la messagerie' }).click();
    await page.getByRole('button', { name: /Écrire à l’équipe/ }).click();
    await page.getByLabel('Que se passe-t-il').fill('Depuis un autre site');
    await page.getByLabel(/^Courriel/).fill('ana@exemple.fr');
    await page.getByRole('button', { name: 'Envoyer' }).click();
    const panel = page.getByRole('dialog');
    await panel.locator('input[type="file"]').setInputFiles([photo, voucher]);
    await ready(panel, 2);
    await panel.getByRole('textbox', { name: 'Votre message' }).press('Enter');
    await shown(panel.getByRole('log'), photo.name);
    // On another origin a file opens a tab of its own, so that no error can take the page away.
    await Promise.all([page.context().waitForEvent('page'), panel.getByRole('button', { name: /Télécharger bon-echange/ }).click()]);
    assert.equal(page.url(), `${origin}/`);
    const address = await page.evaluate(() => performance.getEntriesByType('resource').find(({ name }) => name.includes('widget-files')).name);
    const script = await fetch(address);
    assert.equal(script.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    assert.deepEqual(page.errors, []);
    await page.context().close();
  } finally {
    site.close();
    await own.stop();
  }
});

for (const [size, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  for (const colorScheme of ['light', 'dark']) {
    for (const locale of ['fr-FR', 'en-GB']) {
      const look = `${size}-${colorScheme}-${locale.slice(0, 2)}`;

      test(`files on a ${look}`, async () => {
        const page = await profile(browser, { viewport, colorScheme, locale });
        const english = locale === 'en-GB';
        await page.goto(`${server.base}/`);
        await page.getByRole('button', { name: english ? 'Open messages' : 'Ouvrir la messagerie' }).click();
        await page.getByRole('button', { name: english ? /Write to the team/ : /Écrire à l’équipe/ }).click();
        await page.getByLabel(english ? 'What is happening' : 'Que se passe-t-il').fill(`Bonjour (${look})`);
        await page.getByLabel(english ? /^E-mail/ : /^Courriel/).fill('ana@exemple.fr');
        await page.getByRole('button', { name: english ? 'Send' : 'Envoyer' }).click();
        const panel = page.getByRole('dialog');
        const field = panel.getByRole('textbox', { name: english ? 'Your message' : 'Votre message' });
        const longName = 'releve-de-compte-professionnel-du-premier-trimestre-2026-definitif.pdf';
        await panel.locator('input[type="file"]').setInputFiles([photo, pdf(longName, 84_000)]);
        await ready(panel, 2);
        await field.fill(english ? 'Here they are' : 'Les voici');
        await field.press('Enter');
        await shown2(panel);
        await panel.locator('input[type="file"]').setInputFiles([picture('route.png'), text('vide.txt', ''), pdf(longName, 1_900_000)]);
        await ready(panel, 2);
        await lookAt(page, `widget-files-${look}`);
        assert.deepEqual(page.errors, []);
        await page.context().close();
      });
    }

    test(`the console with files on a ${size}, ${colorScheme}`, async () => {
      const page = await profile(browser, { viewport, colorScheme });
      const colleague = new Agent(page, server.base);
      await colleague.signIn();
      await page.goto(agent.page.url());
      await shown(colleague.thread, photo.name);
      await page.locator('.composer input[type="file"]').setInputFiles([picture('croquis.png'), text('vide.txt', '')]);
      await ready(page, 1);
      await lookAt(page, `console-files-${size}-${colorScheme}`);
      const release = await drag(page, colleague.thread, [photo], page.getByText('Déposez vos fichiers'));
      await screenshot(page, `console-files-drag-${size}-${colorScheme}`);
      await release();
      assert.deepEqual(page.errors, []);
      await page.context().close();
    });
  }
}

test('no page has thrown an error', () => {
  assert.deepEqual(visitor.page.errors, []);
  assert.deepEqual(agent.page.errors, []);
});

function chooser(person) {
  return person.panel.locator('input[type="file"]');
}

async function shown2(panel) {
  const image = panel.locator('.photo > img');
  await image.waitFor();
  await until('the picture is drawn', 10_000, () => image.evaluate((one) => one.complete && one.naturalWidth > 0));
}

/** Slows what the page sends down to so many bytes a second, until the session is detached. */
async function throttle(page, bytesPerSecond) {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', { offline: false, latency: 20, downloadThroughput: -1, uploadThroughput: bytesPerSecond });
  return session;
}

async function lookAt(page, name) {
  await screenshot(page, name);
  assert.deepEqual(await violations(page), [], `axe on ${name}`);
}
