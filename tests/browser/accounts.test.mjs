// The ways to a request and to an account that lead through a letter.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, profile, screenshot, violations } from './browser.mjs';
import { ask, linkFor, pageOf } from './customers.mjs';
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

const log = (page) => page.getByRole('log', { name: 'Conversation' });

async function signIn(page, email, password) {
  await page.goto(`${server.base}/account`);
  await page.getByLabel('Courriel').fill(email);
  await page.getByLabel('Mot de passe').fill(password);
  await page.getByRole('button', { name: 'Se connecter' }).click();
}

async function close(page) {
  assert.deepEqual(page.errors, []);
  await page.context().close();
}

test('a lost link comes back by mail, and only to whoever asked', async () => {
  const request = await ask(server, { email: 'perdue@exemple.fr' });
  const page = await profile(browser);
  await page.goto(pageOf(server, { number: request.number }));
  await page.getByRole('heading', { name: 'Retrouver votre demande' }).waitFor();
  await page.getByLabel('Votre courriel').fill('quelquun@exemple.fr');
  await page.getByRole('button', { name: 'Recevoir un lien' }).click();
  // The same words, whether they match or not.
  await page.getByText('Si une demande de ce numéro a été faite avec quelquun@exemple.fr').waitFor();
  await page.getByRole('button', { name: 'Corriger et renvoyer' }).click();
  await page.getByLabel('Votre courriel').fill('perdue@exemple.fr');
  await page.getByRole('button', { name: 'Recevoir un lien' }).click();
  await page.getByText('Si une demande de ce numéro a été faite avec perdue@exemple.fr').waitFor();
  assert.deepEqual(await violations(page), []);
  await page.goto(await linkFor(server, 'perdue@exemple.fr', request.number));
  await log(page).getByText(request.description).waitFor();
  assert.equal(page.url(), `${server.base}/r/${request.number}`);
  const mails = await (await fetch(`${server.base}/dev/mailbox`)).text();
  assert.ok(!mails.includes('quelquun@exemple.fr'));
  await close(page);
});

test('somebody makes an account, finds what they asked before, and comes back after forgetting the password', async () => {
  const email = 'lea.martin@exemple.fr';
  const request = await ask(server, { name: 'Léa Martin', email, subject: 'Demandé avant le compte' });
  const page = await profile(browser);
  await page.goto(`${server.base}/account`);
  await page.getByRole('link', { name: 'Créer un compte' }).click();
  await page.getByLabel('Prénom').fill('Léa');
  await page.getByLabel('Nom', { exact: true }).fill('Martin');
  await page.getByLabel('Courriel').fill(email);
  await page.getByLabel('Mot de passe').fill('court');
  await page.getByRole('button', { name: 'Créer le compte' }).click();
  await page.getByText('Il faut au moins 10 caractères').waitFor();
  await page.getByLabel('Mot de passe').fill('quatre chevaux verts');
  await page.getByRole('button', { name: 'Créer le compte' }).click();
  await page.getByText(`Un lien vient de partir pour ${email}`).waitFor();
  await screenshot(page, 'sign-up-sent');

  const link = await linkFor(server, email, '');
  await page.goto(link);
  await page.getByRole('heading', { name: 'Confirmer votre courriel' }).waitFor();
  assert.equal(page.url(), `${server.base}/account/verify`);
  await page.getByText('Saisissez le mot de passe choisi à l’inscription').waitFor();
  await page.getByLabel('Mot de passe').fill('pas celui-là');
  await page.getByRole('button', { name: 'Confirmer' }).click();
  await page.getByText('Ce n’est pas le mot de passe de l’inscription').waitFor();
  assert.deepEqual(await violations(page), []);
  await screenshot(page, 'verify');
  await page.getByLabel('Mot de passe').fill('quatre chevaux verts');
  await page.getByRole('button', { name: 'Confirmer' }).click();
  await page.getByRole('heading', { name: 'Votre courriel est confirmé' }).waitFor();
  assert.deepEqual(await violations(page), []);
  // The link works once.
  const again = await page.context().newPage();
  await again.goto(link);
  await again.getByLabel('Mot de passe').fill('quatre chevaux verts');
  await again.getByRole('button', { name: 'Confirmer' }).click();
  await again.getByRole('heading', { name: 'Ce lien ne fonctionne plus' }).waitFor();
  await again.close();

  await page.getByRole('link', { name: 'Se connecter' }).click();
  await signIn(page, email, 'quatre chevaux verts');
  await page.locator('a.request-row', { hasText: 'Demandé avant le compte' }).click();
  await log(page).getByText(request.description).waitFor();
  assert.equal(page.url(), `${server.base}/r/${request.number}`);

  await page.goto(`${server.base}/account/profile`);
  await page.getByLabel('Mot de passe actuel').fill('faux mot de passe');
  await page.getByLabel('Nouveau mot de passe').fill('cinq chevaux bleus');
  await page.getByRole('button', { name: 'Enregistrer' }).last().click();
  await page.locator('[name="current_password"][aria-invalid="true"]').waitFor();
  await page.getByLabel('Mot de passe actuel').fill('quatre chevaux verts');
  await page.getByRole('button', { name: 'Enregistrer' }).last().click();
  await page.getByText('Enregistré', { exact: true }).waitFor();
  // Every session ended, and this one began anew.
  await page.reload();
  await page.getByRole('heading', { name: 'Mon profil' }).waitFor();
  await page.getByRole('button', { name: 'Se déconnecter' }).click();

  await page.getByRole('link', { name: 'Mot de passe oublié' }).click();
  await page.getByLabel('Courriel').fill(email);
  await page.getByRole('button', { name: 'Recevoir un lien' }).click();
  await page.getByText(`Si ${email} a un compte`).waitFor();
  await page.goto(await linkFor(server, email, 'mot de passe'));
  assert.equal(page.url(), `${server.base}/account/reset`);
  await page.getByLabel('Nouveau mot de passe').fill('six chevaux gris');
  assert.deepEqual(await violations(page), []);
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await page.getByRole('heading', { name: 'Le mot de passe est changé' }).waitFor();
  await signIn(page, email, 'cinq chevaux bleus');
  await page.locator('.whole-problem p').waitFor();
  await signIn(page, email, 'six chevaux gris');
  await page.getByRole('heading', { name: 'Mes demandes' }).waitFor();
  await close(page);
});

test('who receives the letter of a stranger’s registration chooses the password, and the account is theirs', async () => {
  const email = 'visee@exemple.fr';
  const registration = { organization: 'demo', email, password: 'connu d’un inconnu', first_name: 'Autre', last_name: 'Personne', language: 'fr' };
  await server.call('/auth/register', { body: registration });
  const page = await profile(browser);
  const strangers = await linkFor(server, email, '');
  await page.goto(strangers);
  await page.getByRole('link', { name: 'Mot de passe oublié' }).click();
  await page.getByLabel('Courriel').fill(email);
  await page.getByRole('button', { name: 'Recevoir un lien' }).click();
  await page.getByText(`Si ${email} a un compte`).waitFor();
  await page.goto(await linkFor(server, email, 'mot de passe'));
  await page.getByLabel('Nouveau mot de passe').fill('huit chevaux blancs');
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await page.getByRole('heading', { name: 'Le mot de passe est changé' }).waitFor();
  const late = await page.context().newPage();
  await late.goto(strangers);
  await late.getByLabel('Mot de passe').fill('connu d’un inconnu');
  await late.getByRole('button', { name: 'Confirmer' }).click();
  await late.getByRole('heading', { name: 'Ce lien ne fonctionne plus' }).waitFor();
  await late.close();
  await signIn(page, email, 'connu d’un inconnu');
  await page.locator('.whole-problem p').waitFor();
  await signIn(page, email, 'huit chevaux blancs');
  await page.getByRole('heading', { name: 'Mes demandes' }).waitFor();
  await close(page);
});

test('an invitation leads to an account', async () => {
  const token = await server.signIn('admin');
  await server.call('/auth/invitations', { token, body: { email: 'alex@exemple.fr', role: 'agent', language: 'fr' } });
  const page = await profile(browser);
  await page.goto(await linkFor(server, 'alex@exemple.fr', ''));
  assert.equal(page.url(), `${server.base}/account/invitation`);
  await page.getByLabel('Prénom').fill('Alex');
  await page.getByLabel('Nom', { exact: true }).fill('Petit');
  await page.getByLabel('Mot de passe').fill('sept chevaux roux');
  await page.getByRole('button', { name: 'Ouvrir mon compte' }).click();
  await page.getByRole('heading', { name: 'Votre compte est prêt' }).waitFor();
  await signIn(page, 'alex@exemple.fr', 'sept chevaux roux');
  await page.getByRole('link', { name: 'Ouvrir la console' }).waitFor();
  await close(page);
});

test('a letter’s page without its token says what to do', async () => {
  const page = await profile(browser);
  for (const path of ['/account/verify', '/account/reset', '/account/invitation']) {
    await page.goto(server.base + path);
    await page.getByRole('heading', { name: 'Ce lien ne fonctionne plus' }).waitFor();
  }
  await close(page);
});
