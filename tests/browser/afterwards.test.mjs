// What customers do once their request is over: an opinion, what follows, what was joined, and what is kept of them.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { launch, profile, screenshot, violations } from './browser.mjs';
import { ask, Desk, pageOf } from './customers.mjs';
import { picture } from './files.mjs';
import { sees } from './people.mjs';
import { Server } from './server.mjs';

let server;
let browser;
let desk;

before(async () => {
  server = await Server.start();
  browser = await launch();
  desk = await Desk.of(server);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const log = (page) => page.getByRole('log', { name: 'Conversation' });

async function opened(request) {
  const page = await profile(browser);
  await page.goto(pageOf(server, request));
  await log(page).waitFor();
  return page;
}

async function close(page) {
  assert.deepEqual(page.errors, []);
  await page.context().close();
}

test('an opinion is given by keyboard, and changed', async () => {
  const request = await ask(server);
  await desk.act(request, 'take');
  await desk.act(request, 'resolve');
  const page = await opened(request);
  await page.getByRole('radio', { name: '1 sur 5' }).focus();
  for (let step = 0; step < 3; step += 1) await page.keyboard.press('ArrowRight');
  await page.getByLabel('Un mot de plus').fill('Réponse claire.');
  assert.deepEqual(await violations(page), []);
  await page.getByRole('button', { name: 'Donner mon avis' }).click();
  await page.getByText('Merci, vous avez donné 4 sur 5.').waitFor();
  await page.locator('.events').getByText('Vous avez donné votre avis').waitFor();
  await page.reload();
  await page.getByText('Merci, vous avez donné 4 sur 5.').waitFor();
  await page.getByRole('button', { name: 'Changer', exact: true }).click();
  assert.equal(await page.getByLabel('Un mot de plus').inputValue(), 'Réponse claire.');
  await page.locator('.points label').nth(4).click();
  await page.getByRole('button', { name: 'Donner mon avis' }).click();
  await page.getByText('Merci, vous avez donné 5 sur 5.').waitFor();
  const { rating } = await server.call(`/support-requests/${request.id}`, { token: desk.token });
  assert.deepEqual([rating.score, rating.comment], [5, 'Réponse claire.']);
  await screenshot(page, 'request-rated');
  await close(page);
});

test('what is left to say on a closed request begins one that follows', async () => {
  const request = await ask(server);
  await desk.act(request, 'close');
  const page = await opened(request);
  assert.equal(await page.getByRole('textbox', { name: 'Votre réponse' }).count(), 0);
  await page.getByLabel('Il reste quelque chose à régler').fill('La rayure est revenue.');
  await page.getByRole('button', { name: 'Ouvrir une suite' }).click();
  await page.waitForURL((url) => url.pathname.startsWith('/r/') && !url.pathname.endsWith(request.number));
  await log(page).getByText('La rayure est revenue.').waitFor();
  await page.locator('.events').getByText(`Liée à la demande ${request.number}`).waitFor();
  await page.getByText('Nous avons bien reçu votre demande.').waitFor();
  const number = new URL(page.url()).pathname.split('/').at(-1);
  const next = await server.call(`/support-requests/by-number/${number}`, { token: desk.token });
  assert.equal(next.follow_up_of, request.id);
  await close(page);
});

test('a message that comes too late is offered as the beginning of what follows', async () => {
  const request = await ask(server);
  const page = await opened(request);
  await page.context().setOffline(true);
  await page.getByRole('textbox', { name: 'Votre réponse' }).fill('Trop tard ?');
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await desk.act(request, 'close');
  await page.context().setOffline(false);
  const field = page.getByLabel('Il reste quelque chose à régler');
  await field.waitFor();
  assert.equal(await field.inputValue(), 'Trop tard ?');
  await page.getByRole('button', { name: 'Ouvrir une suite' }).click();
  await page.waitForURL((url) => url.pathname.startsWith('/r/') && !url.pathname.endsWith(request.number));
  await sees(log(page), ['Trop tard ?']);
  await close(page);
});

test('two requests that were joined lead from one to the other', async () => {
  const email = 'double@exemple.fr';
  const [one, two] = [await ask(server, { email }), await ask(server, { email, subject: 'La même chose encore une fois' })];
  const page = await opened(two);
  await desk.act(two, 'merge', { into: one.id, reason: 'Vos deux messages parlent de la même rayure.' });
  await page.getByText('Votre demande est suivie avec une autre.').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Ouvrir une suite' }).count(), 0);
  await screenshot(page, 'request-merged');
  assert.deepEqual(await violations(page), []);
  await page.getByRole('link', { name: `Ouvrir la demande ${one.number}` }).click();
  await page.getByRole('heading', { level: 1, name: one.subject }).waitFor();
  await page.getByRole('textbox', { name: 'Votre réponse' }).fill('Je continue ici.');
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await sees(log(page), [one.description, 'Je continue ici.']);
  await log(page).getByText('Envoi en cours').waitFor({ state: 'detached' });
  await close(page);
});

test('somebody takes along what is kept of them, and has it erased', async () => {
  const request = await ask(server, { name: 'Odile Effacée', email: 'odile@exemple.fr' });
  const page = await opened(request);
  await page.locator('.answer input[type="file"]').setInputFiles([picture('odile.png')]);
  await page.getByText('1 fichier prêt').waitFor({ state: 'attached' });
  await page.getByRole('textbox', { name: 'Votre réponse' }).fill('Mon adresse est rue des Forges.');
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await log(page).getByText('Envoi en cours').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Mes données' }).click();
  const dialog = page.getByRole('dialog', { name: 'Mes données' });
  await dialog.waitFor();
  await screenshot(page, 'request-my-data');
  assert.deepEqual(await violations(page), []);
  const [download] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('button', { name: 'Télécharger mes données' }).click()]);
  assert.match(download.suggestedFilename(), /\.zip$/);
  const archive = await readFile(await download.path());
  assert.equal(archive.subarray(0, 2).toString('latin1'), 'PK');
  assert.ok(archive.includes('data.json'), 'the archive has the data');

  await dialog.getByRole('button', { name: 'Effacer mes données' }).click();
  await dialog.getByLabel('J’ai compris que cela ne peut pas être annulé.').check();
  await dialog.getByRole('button', { name: 'Effacer pour toujours' }).click();
  await page.getByRole('heading', { name: 'Vos données sont effacées' }).waitFor();
  const { requester, description } = await server.call(`/support-requests/${request.id}`, { token: desk.token });
  assert.ok(!JSON.stringify({ requester, description }).includes('dile'), JSON.stringify({ requester, description }));
  await page.goto(pageOf(server, request));
  await page.getByRole('heading', { name: 'Ce lien ne fonctionne plus' }).waitFor();
  await close(page);
});

test('an account takes along what is kept of it, and ends with it', async () => {
  const page = await profile(browser);
  const signIn = async () => {
    await page.goto(`${server.base}/account/data`);
    await page.getByLabel('Courriel').fill('customer@demo.test');
    await page.getByLabel('Mot de passe').fill('guichet-demo');
    await page.getByRole('button', { name: 'Se connecter' }).click();
  };
  await signIn();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Télécharger mes données' }).click()]);
  assert.match(download.suggestedFilename(), /\.zip$/);
  await page.getByRole('button', { name: 'Effacer mes données' }).click();
  await page.getByLabel('J’ai compris que cela ne peut pas être annulé.').check();
  await page.getByRole('button', { name: 'Effacer pour toujours' }).click();
  await page.getByRole('heading', { name: 'Vos données sont effacées' }).waitFor();
  await signIn();
  await page.locator('.whole-problem p').waitFor();
  await close(page);
});
