// The life of a request in the console, by mouse and by keyboard, in both languages and every size.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DESKTOP, PHONE, launch, profile, screenshot, violations } from './browser.mjs';
import { Agent } from './people.mjs';
import { Server } from './server.mjs';
import { until } from './until.mjs';

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

/** A visitor's question, opened as the widget does. */
async function question(content, name = 'Ana Diaz', email = 'ana@exemple.fr') {
  const { support_request: request, access_token: token } = await server.call('/public/conversations', { body: { organization: 'demo', name, email, content } });
  return { ...request, token };
}

/** The console of that person, with the request open. */
async function desk(who, request, options) {
  const page = await profile(browser, options);
  const agent = new Agent(page, server.base);
  await agent.signIn(who);
  await page.goto(`${server.base}/console/open/${request.number}`);
  await agent.thread.locator('.bubble').first().waitFor();
  return agent;
}

const details = (page) => page.locator('.details');
const toast = (page, words) => page.locator('.toast', { hasText: words }).first().waitFor();
const property = (page, name) => details(page).locator('.properties').getByRole('button', { name });
const story = (page, words) => details(page).locator('.timeline li', { hasText: words }).first().waitFor();
const item = (page, name) => page.getByRole('menuitem', { name, exact: true });

async function finish(page) {
  assert.deepEqual(page.errors, []);
  await page.context().close();
}

test('by mouse: taken, noted, sorted, put aside, escalated, resolved with everything, rated, closed, followed up', async () => {
  const request = await question('Ma clé ne s’allume plus, que faire ?');
  const agent = await desk('supervisor', request);
  const { page } = agent;

  await page.locator('.unassigned').getByRole('button', { name: 'Prendre' }).click();
  await property(page, /Sylvie Lacombe/).waitFor();

  // A note, with a colleague called upon, live at the colleague's.
  await page.getByRole('tab', { name: 'Note interne' }).click();
  const note = page.getByRole('textbox', { name: 'Texte de la note' });
  await note.fill('');
  await note.pressSequentially('La pile ? @Tho');
  await page.getByRole('option', { name: /Thomas Girard/ }).click();
  await note.pressSequentially('tu as le modèle ?');
  await note.press('Enter');
  const written = page.locator('article.note', { hasText: 'La pile ?' });
  await written.locator('.mention', { hasText: '@Thomas Girard' }).waitFor();
  assert.equal(await note.inputValue(), '');
  await details(page).locator('.people li', { hasText: 'Thomas Girard' }).waitFor();
  const colleague = await desk('agent2', request);
  await colleague.page.locator('article.note', { hasText: 'La pile ?' }).waitFor();
  await written.getByRole('button', { name: /Modifier ou supprimer/ }).click();
  await item(page, 'Modifier').click();
  const editor = page.locator('.note .message-editor');
  await editor.getByRole('textbox').fill('La pile CR2032 ? @Thomas Girard tu as le modèle ?');
  await editor.getByRole('button', { name: 'Enregistrer' }).click();
  await colleague.page.locator('article.note', { hasText: 'CR2032' }).waitFor();
  await finish(colleague.page);
  await page.getByRole('tab', { name: 'Réponse' }).click();

  // Priority, category, tags in place, and back again.
  await property(page, /changer la priorité/).click();
  await page.getByRole('menuitemradio', { name: 'Haute' }).click();
  await story(page, 'Priorité Haute');
  await toast(page, /modifiée/);
  await page.locator('.toast', { hasText: /modifiée/ }).getByRole('button', { name: 'Annuler' }).click();
  await property(page, /Normale.*changer la priorité/).waitFor();
  await property(page, /changer la catégorie/).click();
  await page.getByRole('menuitemradio', { name: 'Technique' }).click();
  await story(page, 'Catégorie Technique');
  await details(page).getByRole('button', { name: 'Ajouter', exact: true }).click();
  await page.getByRole('combobox', { name: 'Nouvelle étiquette' }).fill('Clé');
  await page.keyboard.press('Enter');
  await details(page).locator('.tags .tag', { hasText: 'clé' }).waitFor();

  // Put aside until tomorrow, and taken back.
  await page.getByRole('button', { name: 'Mettre en veille' }).click();
  await item(page, /Demain matin/).click();
  await toast(page, /en veille jusqu/);
  await page.locator('.toast', { hasText: /en veille jusqu/ }).getByRole('button', { name: 'Annuler' }).click();
  await toast(page, /est de retour/);

  // Escalated: not without a reason.
  await page.getByRole('button', { name: 'Autres actions' }).first().click();
  await item(page, 'Escalader').click();
  const dialog = page.getByRole('dialog', { name: 'Escalader la demande' });
  await dialog.getByRole('button', { name: 'Escalader' }).click();
  await dialog.getByText(/Dites pourquoi/).waitFor();
  await dialog.getByLabel(/^Motif/).fill('Cliente sur la route');
  await dialog.getByRole('button', { name: 'Escalader' }).click();
  await story(page, /Escaladée/);
  await property(page, /Urgente/).waitFor();

  // Resolved with words for the customer, a note, and another agent, in one call.
  await page.getByRole('button', { name: 'Autres actions' }).first().click();
  await item(page, 'Résoudre en précisant').click();
  const resolve = page.getByRole('dialog', { name: 'Résoudre la demande' });
  await resolve.getByLabel(/^Résolution/).fill('Pile changée en magasin.');
  await resolve.getByLabel(/^Note interne/).fill('Stock à compléter');
  await resolve.getByLabel(/^Confier à/).selectOption({ label: 'Nadia Belkacem' });
  await resolve.getByRole('button', { name: 'Résoudre' }).click();
  await resolve.waitFor({ state: 'detached' });
  await story(page, 'Statut Résolue');
  await property(page, /Nadia Belkacem/).waitFor();
  await details(page).getByText('Pile changée en magasin.').waitFor();
  await details(page).getByText('Stock à compléter').first().waitFor();

  // What the customer thought of it comes live.
  await server.call(`/support-requests/${request.id}/rate`, { token: request.token, body: { rating: 4, comment: 'Rapide, merci' } });
  await details(page).getByRole('img', { name: '4 sur 5' }).waitFor();
  await details(page).getByText('Rapide, merci').waitFor();
  await story(page, /Notée 4 sur 5/);
  await lookAt(page, 'console-resolved-and-rated-desktop-light');

  // Closed for good: nothing is offered any more but what follows.
  await property(page, /changer le statut/).click();
  await item(page, 'Fermer pour de bon').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Fermer la demande' }).click();
  await page.getByText(/Cette demande est fermée/).waitFor();
  await page.locator('.no-composer').getByRole('button', { name: 'Ouvrir une suite' }).click();
  await page.getByRole('dialog').getByLabel(/^Objet/).fill('La pile est encore vide');
  await page.getByRole('dialog').getByRole('button', { name: 'Ouvrir la suite' }).click();
  await page.getByRole('heading', { name: 'La pile est encore vide' }).waitFor();
  await details(page).locator('.properties', { hasText: 'Suite de' }).getByText(request.number).waitFor();
  await finish(page);
});

test('by keyboard alone: found, taken, answered with a canned reply, noted, resolved, reopened', async () => {
  const token = await server.signIn('supervisor');
  await server.call('/canned-replies', { token, body: { title: 'Délai de réponse', shortcut: 'delai', content: 'Bonjour {{customer.first_name}}, nous revenons vers vous aujourd’hui.', shared: true } });
  const request = await question('Où en est mon colis, commande 4711 ?', 'Bruno Petit', 'bruno@exemple.fr');
  const page = await profile(browser);
  const agent = new Agent(page, server.base);
  await agent.signIn('agent');
  await page.locator('.views').waitFor();

  await page.keyboard.press('Control+k');
  await page.keyboard.type('bruno');
  await page.getByRole('option', { name: /4711/ }).waitFor();
  await page.keyboard.press('Enter');
  await agent.thread.locator('.bubble').first().waitFor();
  await page.keyboard.press('t');
  await property(page, /Nadia Belkacem/).waitFor();

  await page.keyboard.press('r');
  await page.keyboard.type('/del');
  await page.getByRole('option', { name: /Délai de réponse/ }).waitFor();
  await page.keyboard.press('Enter');
  assert.equal(await agent.field.inputValue(), 'Bonjour Bruno, nous revenons vers vous aujourd’hui.');
  await page.keyboard.press('Enter');
  await agent.thread.locator('.bubble', { hasText: 'nous revenons vers vous' }).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('n');
  await page.keyboard.type('Le transporteur est prévenu');
  await page.keyboard.press('Enter');
  await page.locator('article.note', { hasText: 'transporteur' }).waitFor();
  await page.keyboard.press('Escape');

  await page.keyboard.press('a');
  const assign = page.getByRole('dialog', { name: 'Attribuer la demande' });
  await assign.waitFor();
  await page.keyboard.press('Escape');
  await assign.waitFor({ state: 'detached' });
  await page.keyboard.press('e');
  await story(page, 'Statut Résolue');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('rouvrir');
  await page.keyboard.press('Enter');
  await property(page, /En cours/).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Raccourcis clavier' }).waitFor();
  await page.keyboard.press('Escape');
  // What the customer reads has no word of the note.
  const messages = await server.messages(token, request.conversation_id);
  assert.ok(!JSON.stringify(messages).includes('transporteur'));
  await finish(page);
});

test('a list is narrowed, kept as a view, counted live, and changed as a whole', async () => {
  for (const number of [1, 2, 3]) await question(`Facture en double, dossier ${number} (lot)`, `Client ${number}`, `lot${number}@exemple.fr`);
  const page = await profile(browser);
  const agent = new Agent(page, server.base);
  await agent.signIn('supervisor');
  await page.goto(`${server.base}/console/unassigned`);
  const rows = page.locator('a.row', { hasText: '(lot)' });
  await rows.nth(2).waitFor();

  // x marks, shift and x marks up to there.
  await rows.first().focus();
  await page.keyboard.press('x');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('Shift+X');
  await page.getByText('3 sélectionnées').waitFor();
  await lookAt(page, 'console-bulk-desktop-light');
  await page.getByRole('button', { name: 'Autres changements' }).click();
  await item(page, 'Priorité Haute').click();
  await toast(page, '3 demandes modifiées');
  await rows.first().focus();
  await page.keyboard.press('x');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('Shift+X');
  await page.getByRole('button', { name: 'Attribuer', exact: true }).click();
  await item(page, /Nadia Belkacem/).click();
  await until('they have left the view', 5_000, async () => (await rows.count()) === 0);

  await page.goto(`${server.base}/console/open`);
  await rows.first().waitFor();
  await page.keyboard.press('f');
  const dialog = page.getByRole('dialog', { name: 'Filtrer' });
  await dialog.getByLabel('Haute').check();
  await dialog.getByLabel('Responsable').selectOption({ label: 'Nadia Belkacem' });
  await dialog.getByRole('button', { name: 'Afficher' }).click();
  await page.locator('.refined .tag', { hasText: 'Priorité Haute' }).waitFor();
  await until('only those', 5_000, async () => (await page.locator('a.row').count()) >= 3);
  await page.reload();
  await rows.nth(2).waitFor();
  const shown = await page.locator('a.row').count();
  await page.getByRole('button', { name: 'Enregistrer comme vue' }).click();
  await page.getByRole('dialog').getByLabel('Nom de la vue').fill('Hautes de Nadia');
  await page.getByRole('dialog').getByRole('button', { name: 'Enregistrer la vue' }).click();
  const saved = page.getByRole('navigation', { name: 'Vues' }).getByRole('link', { name: /Hautes de Nadia/ });
  await saved.waitFor();
  await until('it is counted', 10_000, async () => (await saved.innerText()).includes(String(shown)));
  await lookAt(page, 'console-saved-view-desktop-light');
  // One fewer as soon as it is done, without asking.
  await page.locator('a.row').first().click();
  await page.getByRole('button', { name: 'Résoudre' }).click();
  await until('it is counted live', 10_000, async () => (await saved.innerText()).includes(String(shown - 1)));
  await finish(page);
});

test('who comes second is told what has become of it, and sees it so', async () => {
  const request = await question('Deux personnes ferment la même demande');
  const agent = await desk('agent', request);
  const { page } = agent;
  const token = await server.signIn('supervisor');
  // Somebody closes it while the reader's own command is on its way.
  await page.route('**/resolve', async (route) => {
    await server.call(`/support-requests/${request.id}/close`, { token, body: {} });
    await route.continue();
  });
  await page.keyboard.press('e');
  await toast(page, /entre-temps passée au statut Fermée/);
  await page.getByText(/Cette demande est fermée/).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Résoudre' }).count(), 0);
  await finish(page);
});

test('two requests of one person become one, and a deleted one comes back', async () => {
  const first = await question('Première question du même client', 'Chloé Roux', 'chloe@exemple.fr');
  const second = await question('Seconde question du même client', 'Chloé Roux', 'chloe@exemple.fr');
  const { page } = await desk('admin', second);
  await details(page).getByRole('button', { name: /1 autre demande/ }).click();
  await details(page).getByRole('link', { name: /Première question/ }).waitFor();
  await page.getByRole('button', { name: 'Autres actions' }).first().click();
  await item(page, 'Fusionner avec une autre').click();
  const dialog = page.getByRole('dialog', { name: /Fusionner/ });
  await dialog.getByRole('radio', { name: /Première question/ }).check();
  await lookAt(page, 'console-merge-desktop-light');
  await dialog.getByRole('button', { name: 'Fusionner' }).click();
  await page.getByRole('heading', { name: /Première question/ }).first().waitFor();
  await story(page, new RegExp(`Fusionnée avec ${second.number}`));

  await page.getByRole('button', { name: 'Autres actions' }).first().click();
  await item(page, 'Supprimer la demande').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Supprimer la demande' }).click();
  await toast(page, /supprimée/);
  await page.getByRole('navigation', { name: 'Vues' }).getByRole('link', { name: 'Supprimées' }).click();
  await page.locator('a.row', { hasText: 'Première question' }).waitFor();
  await page.locator('.toast', { hasText: /supprimée/ }).getByRole('button', { name: 'Annuler' }).click();
  await toast(page, /restaurée/);
  assert.equal((await server.call(`/support-requests/${first.id}`, { token: await server.signIn('admin') })).number, first.number);
  await finish(page);
});

test('a request is opened for somebody who calls, and its form says at the field what is missing', async () => {
  const page = await profile(browser);
  const agent = new Agent(page, server.base);
  await agent.signIn('agent');
  await page.locator('.views').waitFor();
  await page.keyboard.press('c');
  const dialog = page.getByRole('dialog', { name: 'Ouvrir une demande pour quelqu’un' });
  await dialog.getByLabel('Nom').fill('Marc Olivier');
  await dialog.getByLabel('Courriel').fill('marc@exemple.fr');
  await dialog.getByLabel('Objet').fill('Oh');
  await dialog.getByLabel('Description').fill('A appelé ce matin, veut un devis pour un embrayage.');
  await dialog.getByRole('button', { name: 'Ouvrir la demande' }).click();
  await dialog.locator('.field', { hasText: 'Objet' }).locator('.error').waitFor();
  await lookAt(page, 'console-open-for-somebody-error-desktop-light');
  await dialog.getByLabel('Objet').fill('Rappel demandé pour un devis');
  await dialog.getByRole('button', { name: 'Ouvrir la demande' }).click();
  await page.getByRole('heading', { name: 'Rappel demandé pour un devis' }).waitFor();
  await property(page, /Nadia Belkacem/).waitFor();
  await finish(page);
});

for (const [size, viewport] of Object.entries({ desktop: DESKTOP, laptop: LAPTOP, phone: PHONE })) {
  for (const colorScheme of ['light', 'dark']) {
    const look = `${size}-${colorScheme}`;
    test(`the request on a ${size}, ${colorScheme}: nothing moves while it loads, and everybody can use it`, async () => {
      const request = await question(`Mon rendez-vous de jeudi peut-il avancer ? (${look})`, 'Association des amateurs de voitures anciennes du Puy-de-Dôme', 'club@exemple.fr');
      const token = await server.signIn('supervisor');
      await server.call(`/support-requests/${request.id}/notes`, { token, body: { content: 'Créneau libre mercredi à 10 h, je le garde.' } });
      const agent = await desk('supervisor', request, { viewport, colorScheme });
      const { page } = agent;
      await page.locator('article.note').waitFor();
      await lookAt(page, `console-request-${look}`);
      assert.ok((await shift(page)) < 0.05, 'nothing moved while loading');
      if (size === 'phone') {
        await page.getByRole('button', { name: 'Détails' }).click();
        await details(page).waitFor();
        await lookAt(page, `console-details-${look}`);
        await page.getByRole('button', { name: 'Fermer les détails' }).click();
      }
      await page.getByRole('tab', { name: 'Note interne' }).click();
      await lookAt(page, `console-note-${look}`);
      await page.getByRole('tab', { name: 'Réponse' }).click();
      await page.locator('.composer textarea:focus').waitFor();
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+k');
      await page.getByRole('option').first().waitFor();
      await lookAt(page, `console-palette-${look}`);
      await page.keyboard.press('Escape');
      await page.keyboard.press('Shift+E');
      await page.getByRole('dialog', { name: 'Résoudre la demande' }).waitFor();
      await lookAt(page, `console-resolve-${look}`);
      await page.keyboard.press('Escape');
      await finish(page);
    });
  }
}

test('in English nothing of the console is French', async () => {
  const request = await question('Ma question du jour');
  const { page } = await desk('admin', request);
  await page.evaluate(() => localStorage.setItem('guichet.console.locale', 'en'));
  await page.reload();
  const french = /Réponse|Étiquettes|Responsable|Délais|Chronologie|Enregistrer|Annuler|Réglages|Catégorie/;
  const words = async () => (await page.locator('body').innerText()).replaceAll('Ma question du jour', '');
  await details(page).getByText('Tags').waitFor();
  assert.doesNotMatch(await words(), french);
  await screenshot(page, 'console-request-english');
  await page.keyboard.press('Control+k');
  await page.getByRole('option').first().waitFor();
  assert.doesNotMatch(await words(), french);
  await page.keyboard.press('Escape');
  for (const part of ['organization', 'team', 'deadlines', 'hours', 'routing', 'replies', 'views', 'audit']) {
    await page.goto(`${server.base}/console/settings/${part}`);
    await page.locator('.settings [aria-busy="true"]').waitFor({ state: 'detached' });
    assert.doesNotMatch(await words(), french, part);
  }
  await finish(page);
});

/** How much of the page has moved by itself since it was opened, as browsers reckon it. */
function shift(page) {
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        let moved = 0;
        const observer = new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) if (!entry.hadRecentInput) moved += entry.value;
        });
        observer.observe({ type: 'layout-shift', buffered: true });
        // What is buffered is told before the next frames are over.
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(moved)));
      }),
  );
}

async function lookAt(page, name) {
  await screenshot(page, name);
  assert.deepEqual(await violations(page), [], `axe on ${name}`);
}
