// The settings in the console: every page in every size and light, and what each form says and does.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DESKTOP, PHONE, launch, profile, screenshot, violations } from './browser.mjs';
import { Agent } from './people.mjs';
import { Server } from './server.mjs';

const LAPTOP = { width: 1024, height: 768 };

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

/** The settings of an admin; `at` goes to a page of them and waits until it is read. */
async function settings(options) {
  const page = await profile(browser, options);
  await new Agent(page, server.base).signIn('admin');
  const at = async (part) => {
    await page.goto(`${server.base}/console/settings/${part}`);
    await page.locator('.settings [aria-busy="true"]').waitFor({ state: 'detached' });
  };
  return { page, at, dialog: page.getByRole('dialog'), save: () => page.getByRole('button', { name: 'Enregistrer' }).click() };
}

const saved = (page) => page.locator('.toast', { hasText: 'Enregistré' }).first().waitFor();

async function finish(page) {
  assert.deepEqual(page.errors, []);
  await page.context().close();
}

test('the organisation: a wrong prefix is said at its field, and what is switched off stays off', async () => {
  const { page, at, save } = await settings();
  await at('organization');
  await page.getByLabel('Préfixe des numéros').fill('petit é');
  await save();
  await page.locator('.field', { hasText: 'Préfixe' }).locator('.error').waitFor();
  await lookAt(page, 'console-settings-organization-error');
  await page.getByLabel('Préfixe des numéros').fill('DEM');
  await page.getByLabel('Sites autorisés').fill('https://www.exemple.fr\nhttps://boutique.exemple.fr');
  await page.getByLabel(/Archiver une demande/).uncheck();
  await save();
  await saved(page);
  const { ticket_prefix, allowed_origins, archive_days, auto_close_days } = await server.call('/organization', { token: await server.signIn('admin') });
  assert.deepEqual({ ticket_prefix, allowed_origins, archive_days, auto_close_days }, { ticket_prefix: 'DEM', allowed_origins: ['https://www.exemple.fr', 'https://boutique.exemple.fr'], archive_days: null, auto_close_days: 7 });
  await finish(page);
});

test('the team: capacity and skills', async () => {
  const { page, at, dialog } = await settings();
  await at('team');
  await page.getByRole('button', { name: 'Modifier Nadia Belkacem' }).click();
  await dialog.getByLabel('Demandes à la fois').fill('4');
  await dialog.getByLabel('Facturation').check();
  await dialog.getByLabel('Français').check();
  await lookAt(page, 'console-settings-member');
  await dialog.getByRole('button', { name: 'Enregistrer' }).click();
  await page.getByText('4 demandes à la fois').waitFor();
  await page.getByText('Facturation, Français').waitFor();
  await finish(page);
});

test('routing: a rule in one sentence, one that decides nothing is refused, and it goes again', async () => {
  const { page, at, dialog } = await settings();
  await at('routing');
  await page.getByRole('button', { name: 'Nouvelle règle' }).click();
  await dialog.getByLabel('Nom').fill('Factures');
  await dialog.getByRole('button', { name: 'Enregistrer' }).click();
  await dialog.locator('.error, .form-error:not(:empty)').first().waitFor();
  await dialog.locator('fieldset', { hasText: 'Catégorie' }).getByLabel('Facturation').check();
  await dialog.getByLabel('Confier à').selectOption({ label: 'Nadia Belkacem' });
  await dialog.getByRole('combobox', { name: 'Priorité' }).selectOption('high');
  await lookAt(page, 'console-settings-rule');
  await dialog.getByRole('button', { name: 'Enregistrer' }).click();
  await page.getByText('Facturation → à Nadia Belkacem, Priorité Haute').waitFor();
  await page.getByRole('button', { name: 'Autres actions : Factures' }).click();
  await page.getByRole('menuitem', { name: 'Supprimer' }).click();
  await dialog.getByRole('button', { name: 'Supprimer' }).click();
  await page.getByText(/Aucune règle/).waitFor();
  await finish(page);
});

test('hours and deadlines: stretches are kept, a duration that is none is not', async () => {
  const { page, at, save } = await settings();
  await at('hours');
  await page.getByLabel(/Ne compter que les heures/).check();
  await page.getByLabel('lundi, à').fill('12:30');
  await page.getByRole('button', { name: /Ajouter une plage le lundi/ }).click();
  await page.getByLabel('lundi, de').nth(1).fill('13:30');
  for (const day of ['mardi', 'mercredi', 'jeudi', 'vendredi']) await page.getByRole('button', { name: new RegExp(`Enlever la plage du ${day}`) }).click();
  await page.getByLabel('Jour férié').fill('2026-12-25');
  await page.getByRole('button', { name: 'Ajouter', exact: true }).click();
  await save();
  await saved(page);
  const token = await server.signIn('admin');
  const { week, holidays } = await server.call('/business-hours', { token });
  assert.deepEqual([week, holidays], [[{ day: 'monday', from: '09:00', to: '12:30' }, { day: 'monday', from: '13:30', to: '18:00' }], ['2026-12-25']]);
  await at('deadlines');
  await page.getByLabel('Urgente, Première réponse').fill('demain');
  await save();
  await page.getByRole('alert').filter({ hasText: /Écrivez une durée/ }).waitFor();
  await page.getByLabel('Urgente, Première réponse').fill('1 h 30');
  await save();
  await saved(page);
  const { items } = await server.call('/sla-policies', { token });
  assert.equal(items.find(({ priority }) => priority === 'urgent').first_response_minutes, 90);
  await finish(page);
});

test('categories and canned replies: made, refused at the field, put in order', async () => {
  const { page, at, dialog } = await settings();
  await at('categories');
  await page.getByRole('button', { name: 'Nouvelle catégorie' }).click();
  await dialog.getByLabel('Nom français').fill('Pièces');
  await dialog.getByLabel('Nom anglais').fill('Parts');
  await dialog.getByLabel('Mot de l’API').fill('Pièces auto');
  await dialog.getByRole('button', { name: 'Enregistrer' }).click();
  await dialog.locator('.field', { hasText: 'Mot de l’API' }).locator('.error').waitFor();
  await dialog.getByLabel('Mot de l’API').fill('parts');
  await dialog.getByRole('button', { name: 'Enregistrer' }).click();
  const parts = page.locator('.item', { hasText: 'Pièces' });
  await parts.getByRole('button', { name: /Autres actions/ }).click();
  await page.getByRole('menuitem', { name: 'Monter' }).click();
  await page.locator('.item:nth-last-child(2)', { hasText: 'Pièces' }).waitFor();
  await at('replies');
  await page.getByRole('button', { name: 'Nouvelle réponse type' }).click();
  await dialog.getByLabel('Titre').fill('Accueil');
  await dialog.getByLabel(/^Raccourci/).fill('salut');
  await dialog.getByLabel('Texte').fill('Bonjour {{customer.shoe}}');
  await dialog.getByRole('button', { name: 'Enregistrer' }).click();
  await dialog.locator('.field', { hasText: 'Texte' }).locator('.error').waitFor();
  await dialog.getByLabel('Texte').fill('Bonjour ');
  await dialog.getByRole('button', { name: 'Nom du client', exact: true }).click();
  await lookAt(page, 'console-settings-reply');
  await dialog.getByRole('button', { name: 'Enregistrer' }).click();
  await page.locator('.item', { hasText: 'Bonjour {{customer.name}}' }).waitFor();
  await finish(page);
});

test('who is no admin finds own replies and views, and no more', async () => {
  const page = await profile(browser);
  await new Agent(page, server.base).signIn('agent');
  await page.goto(`${server.base}/console/settings/team`);
  await page.getByText('Seuls les administrateurs changent ces réglages.').waitFor();
  const links = await page.getByRole('navigation', { name: 'Réglages' }).getByRole('link').allInnerTexts();
  assert.deepEqual(links.filter((words) => words.trim() !== ''), ['Réponses types', 'Vues enregistrées']);
  await finish(page);
});

for (const [size, viewport] of Object.entries({ desktop: DESKTOP, laptop: LAPTOP, phone: PHONE })) {
  for (const colorScheme of ['light', 'dark']) {
    const look = `${size}-${colorScheme}`;
    test(`every page of them on a ${size}, ${colorScheme}`, async () => {
      const { page, at } = await settings({ viewport, colorScheme });
      for (const part of ['', 'organization', 'team', 'categories', 'deadlines', 'hours', 'routing', 'replies', 'views', 'audit']) {
        await at(part);
        assert.equal(await page.getByText('Ces réglages n’ont pas pu être lus').count(), 0, part);
        await lookAt(page, `console-settings-${part || 'index'}-${look}`);
      }
      await finish(page);
    });
  }
}

async function lookAt(page, name) {
  await screenshot(page, name);
  assert.deepEqual(await violations(page), [], `axe on ${name}`);
}
