// The customers' own pages: a request's page, the contact form, the account, and the tracker on any site.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import { after, before, test } from 'node:test';
import { launch, profile, screenshot, violations } from './browser.mjs';
import { ask, Desk, ended, pageOf, SIZES, watchShifts } from './customers.mjs';
import { picture, pdf } from './files.mjs';
import { said, sees } from './people.mjs';
import { Server } from './server.mjs';
import { until } from './until.mjs';

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
const stage = (page) => page.locator('.stages [aria-current="step"] b');

/** A customer's page, whose errors end the test. */
async function opened(address, options) {
  const page = await profile(browser, options);
  await page.goto(address);
  return page;
}

async function close(page) {
  assert.deepEqual(page.errors, []);
  await page.context().close();
}

test('where a request stands is told live, with who and why', async () => {
  const request = await ask(server);
  const page = await opened(pageOf(server, request));
  await page.getByRole('heading', { level: 1, name: request.subject }).waitFor();
  await page.getByText('Nous avons bien reçu votre demande.').waitFor();
  await until('the first stage', 5_000, async () => (await stage(page).innerText()) === 'Reçue');
  await desk.act(request, 'take');
  await page.getByText('Nadia Belkacem suit votre demande.').waitFor();
  await desk.act(request, 'start', { reason: 'L’expert a rendu son avis.' });
  await until('the third stage', 5_000, async () => (await stage(page).innerText()) === 'En cours');
  const history = page.locator('.events');
  await history.getByText('L’expert a rendu son avis.').waitFor();
  await history.getByText('Nadia Belkacem s’en charge').waitFor();
  await desk.act(request, 'wait');
  await page.getByText('Nous attendons votre réponse.').waitFor();
  await desk.act(request, 'resolve', { resolution: 'Votre caution est rendue.' });
  await page.locator('.tracker').getByText('Votre caution est rendue.').waitFor();
  assert.equal(await page.locator('.stages [data-state="done"]').count(), 4);
  await close(page);
});

test('the token leaves the address and survives a reload of the tab alone', async () => {
  const request = await ask(server);
  const page = await opened(pageOf(server, request));
  await log(page).waitFor();
  const address = `${server.base}/r/${request.number}`;
  assert.equal(page.url(), address);
  await page.reload();
  await log(page).waitFor();
  // Nothing that the page asked for carries it in its address.
  const asked = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
  assert.ok(!asked.some((name) => name.includes(request.token)), String(asked));
  // Going away and back shows no token either.
  await page.goto(`${server.base}/help/contact`);
  await page.goBack();
  await log(page).waitFor();
  assert.equal(page.url(), address);
  // Another tab of the same browser needs the link.
  const other = await page.context().newPage();
  await other.goto(address);
  await other.getByRole('heading', { name: 'Retrouver votre demande' }).waitFor();
  await close(page);
});

test('an answer goes out, also one written without a network', async () => {
  const request = await ask(server);
  await desk.say(request, 'Pouvez-vous nous envoyer une photo ?');
  const page = await opened(pageOf(server, request));
  await sees(log(page), [request.description, 'Pouvez-vous nous envoyer une photo ?']);
  const field = page.getByRole('textbox', { name: 'Votre réponse' });
  await field.fill('La voici.');
  await page.locator('.answer input[type="file"]').setInputFiles([picture('aile.png'), pdf('etat-des-lieux.pdf')]);
  await page.getByText('2 fichiers prêts').waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await log(page).getByRole('button', { name: /Télécharger etat-des-lieux.pdf/ }).waitFor();
  await log(page).getByText('Envoi en cours').waitFor({ state: 'detached' });

  await page.context().setOffline(true);
  await page.getByText('Hors connexion, rien n’est perdu').waitFor();
  await field.fill('Et merci.');
  await field.press('Control+Enter');
  await log(page).getByText('Partira au retour du réseau').waitFor();
  await page.context().setOffline(false);
  let stored = [];
  await until('what waited has arrived', 15_000, async () => (stored = await server.messages(desk.token, request.conversation_id)).length === 3);
  assert.deepEqual(stored.map(({ content }) => content), ['Pouvez-vous nous envoyer une photo ?', 'La voici.', 'Et merci.']);
  assert.equal(stored[1].attachments.length, 2);
  await desk.say(request, 'Bien reçu.');
  await sees(log(page), [request.description, 'Pouvez-vous nous envoyer une photo ?', 'La voici.', 'Et merci.', 'Bien reçu.']);
  await close(page);
});

test('an answer opens a resolved request again', async () => {
  const request = await ask(server);
  await desk.act(request, 'take');
  await desk.act(request, 'resolve');
  const page = await opened(pageOf(server, request));
  await page.getByText('Votre demande est résolue.').waitFor();
  await page.getByRole('textbox', { name: 'Votre réponse' }).fill('Ce n’est pas fini.');
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await page.locator('.events').getByText('Demande rouverte').waitFor();
  assert.notEqual(await stage(page).innerText(), 'Résolue');
  await close(page);
});

test('a link that is unknown leads to a new one', async () => {
  const page = await opened(`${server.base}/r/TICKET-20240101-001#nothing`);
  await page.getByRole('heading', { name: 'Ce lien ne fonctionne plus' }).waitFor();
  assert.equal(await page.getByLabel('Numéro de la demande').inputValue(), 'TICKET-20240101-001');
  await page.getByRole('button', { name: 'Recevoir un lien' }).click();
  await page.getByText('Indiquez un courriel').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.name), 'email');
  await close(page);
});

test('a page without an answer says so, and comes when it can', async () => {
  const request = await ask(server);
  const page = await profile(browser);
  await page.route('**/api/v1/public/support-requests/**', (route) => route.abort());
  await page.goto(pageOf(server, request));
  await page.getByRole('heading', { name: 'La page n’a pas pu être chargée' }).waitFor();
  await page.unroute('**/api/v1/public/support-requests/**');
  await page.getByRole('button', { name: 'Réessayer' }).click();
  await log(page).waitFor();
  await close(page);
});

test('the contact form tells at each field what is wrong, and loses nothing', async () => {
  const page = await opened(`${server.base}/help/contact?order_id=58213`);
  await page.getByRole('button', { name: 'Envoyer' }).click();
  for (const words of ['Indiquez votre nom', 'Indiquez un courriel', 'Dites en une ligne ce qui vous amène', 'Décrivez ce qui se passe']) await page.getByText(words).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.name), 'name');
  assert.deepEqual(await violations(page), []);
  await page.getByLabel('Votre nom').fill('Lucie Moreau');
  await page.getByLabel('Votre courriel').fill('lucie.moreau@exemple.fr');
  await page.getByLabel('En une ligne').fill('Caution du Captur');
  await page.getByLabel('Que se passe-t-il').fill('Ma caution n’est pas encore rendue, le retour date de lundi.');
  await page.getByLabel('Plaque du véhicule').fill('FR-902-LB');
  // What only the server knows to be wrong comes to its field too.
  await page.getByLabel('Téléphone').fill('pas un numéro');
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await page.locator('[name="phone"][aria-invalid="true"]').waitFor();
  await page.reload();
  assert.equal(await page.getByLabel('Que se passe-t-il').inputValue(), 'Ma caution n’est pas encore rendue, le retour date de lundi.');
  await page.getByLabel('Téléphone').fill('+33 6 12 34 56 78');

  // A lost answer, then the same form again: one request.
  await page.route('**/api/v1/public/support-requests', async (route) => {
    await route.fetch();
    await route.abort();
  });
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await page.getByText('Le réseau ne répond pas.').waitFor();
  await page.unroute('**/api/v1/public/support-requests');
  await page.locator('.chosen input[type="file"]').setInputFiles([picture('captur.png')]);
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await page.getByRole('heading', { name: 'Votre demande est arrivée' }).waitFor();
  await page.getByText('Vos fichiers sont joints.').waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole('link', { name: 'Suivre ma demande' }).click();
  await log(page).getByText('Ma caution n’est pas encore rendue').waitFor();
  await log(page).getByRole('button', { name: /captur.png/ }).waitFor();
  await page.locator('aside').getByText('FR-902-LB').waitFor();
  const found = await server.call('/support-requests?requester=lucie.moreau@exemple.fr&limit=100', { token: desk.token });
  const own = found.items.filter(({ subject }) => subject === 'Caution du Captur');
  assert.equal(own.length, 1);
  assert.deepEqual([own[0].kind, own[0].source, own[0].context.order_id, own[0].requester.phone?.replaceAll(' ', '')], ['contact_form', 'web', '58213', '+33612345678']);
  await close(page);
});

test('a customer signs in, finds their requests and opens one without a link', async () => {
  const page = await opened(`${server.base}/account`);
  await page.getByLabel('Courriel').fill('customer@demo.test');
  await page.getByLabel('Mot de passe').fill('faux');
  await page.getByRole('button', { name: 'Se connecter' }).click();
  await page.locator('.whole-problem p').waitFor();
  await page.getByLabel('Mot de passe').fill('guichet-demo');
  await page.getByRole('button', { name: 'Se connecter' }).click();
  const first = page.locator('a.request-row').first();
  await first.waitFor();
  assert.deepEqual(await violations(page), []);
  const subject = await first.locator('b').innerText();
  await first.click();
  await page.getByRole('heading', { level: 1, name: subject }).waitFor();
  await log(page).waitFor();
  await page.getByRole('textbox', { name: 'Votre réponse' }).fill('Depuis mon compte.');
  await page.getByRole('button', { name: 'Envoyer' }).click();
  await log(page).locator('.receipt', { hasText: /Envoyé|Distribué|Lu/ }).last().waitFor();
  assert.ok((await said(log(page))).includes('Depuis mon compte.'));

  await page.goto(`${server.base}/account/profile`);
  await page.getByLabel('Nom', { exact: true }).fill('Moreau-Petit');
  await page.getByRole('button', { name: 'Enregistrer' }).first().click();
  await page.getByText('Enregistré', { exact: true }).waitFor();
  await page.reload();
  assert.equal(await page.getByLabel('Nom', { exact: true }).inputValue(), 'Moreau-Petit');
  await page.getByRole('link', { name: 'Mes données' }).click();
  await page.getByRole('heading', { level: 1, name: 'Mes données' }).waitFor();
  await page.getByRole('button', { name: 'Effacer mes données' }).click();
  assert.ok(await page.getByRole('button', { name: 'Effacer pour toujours' }).isDisabled());
  await page.getByRole('button', { name: 'Garder mes données' }).click();
  await page.getByRole('button', { name: 'Se déconnecter' }).click();
  await page.getByRole('heading', { name: 'Se connecter' }).waitFor();
  await close(page);
});

test('another customer’s request is not opened by an account', async () => {
  const request = await ask(server);
  const page = await opened(`${server.base}/account`);
  await page.getByLabel('Courriel').fill('customer@demo.test');
  await page.getByLabel('Mot de passe').fill('guichet-demo');
  await page.getByRole('button', { name: 'Se connecter' }).click();
  await page.getByRole('heading', { name: 'Mes demandes' }).waitFor();
  await page.goto(pageOf(server, { number: request.number }));
  await page.getByRole('heading', { name: 'Ce lien ne fonctionne plus' }).waitFor();
  await close(page);
});

test('a member of the team is shown the way to the console', async () => {
  const page = await opened(`${server.base}/account`);
  await page.getByLabel('Courriel').fill('agent@demo.test');
  await page.getByLabel('Mot de passe').fill('guichet-demo');
  await page.getByRole('button', { name: 'Se connecter' }).click();
  await page.getByRole('link', { name: 'Ouvrir la console' }).waitFor();
  // Nor does a customer's page answer as one of the team.
  await page.goto(pageOf(server, { number: (await ask(server)).number }));
  await page.getByRole('link', { name: 'Ouvrir la console' }).waitFor();
  assert.deepEqual(await violations(page), []);
  await close(page);
});

test('the tracker stands on another site under its strict policy, and is live', async () => {
  const own = await Server.start([]);
  let request;
  const policy = `default-src 'none'; script-src ${own.base}; connect-src ${own.base} ${own.base.replace('http', 'ws')}`;
  const site = createServer((_, answer) => {
    answer.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy, 'cross-origin-embedder-policy': 'require-corp' });
    answer.end(
      `<!doctype html><html lang="fr"><title>Garage</title><main><h1>Garage</h1><p class="now">Maintenant</p><guichet-tracker number="${request.number}" token="${request.token}"></guichet-tracker></main><script src="${own.base}/tracker.js" crossorigin></script>`,
    );
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
    request = await ask(own, { organization: 'garage' });
    const page = await opened(origin);
    const tracker = page.locator('guichet-tracker');
    await tracker.getByText('Nous avons bien reçu votre demande.').waitFor();
    assert.deepEqual(await violations(page), []);
    // Its style stays inside.
    assert.equal(await page.locator('p.now').first().evaluate((element) => getComputedStyle(element).marginBottom), '16px');
    // What its requester writes moves nothing; a message in a conversation of another kind neither.
    const answer = await fetch(`${own.base}/api/v1/conversations/${request.conversation_id}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${request.token}` },
      body: JSON.stringify({ client_message_id: crypto.randomUUID(), content: 'Encore moi.' }),
    });
    assert.equal(answer.status, 201);
    assert.equal(await tracker.locator('[aria-current="step"] b').innerText(), 'Reçue');
    await page.evaluate(() => document.querySelector('guichet-tracker').setAttribute('language', 'en'));
    await tracker.getByText('We have your request.').waitFor();
    await page.evaluate(() => document.querySelector('guichet-tracker').setAttribute('token', 'nothing'));
    await tracker.getByText('This request can no longer be followed here.').waitFor();
    assert.deepEqual(page.errors, []);
    await page.context().close();
  } finally {
    site.close();
    await own.stop();
  }
});

test('without script each page says what to do', async () => {
  for (const path of ['/r/TICKET-20240101-001', '/help/contact', '/account']) {
    const page = await opened(server.base + path, { javaScriptEnabled: false });
    assert.match(await page.locator('body').innerText(), /JavaScript/, path);
    await page.context().close();
  }
});

/** Each page, with what shows that it has come. */
const PAGES = {
  'request-open': async (page, made) => {
    await page.goto(pageOf(server, made.open));
    await page.locator('.answer').waitFor();
  },
  'request-resolved': async (page, made) => {
    await page.goto(pageOf(server, made.resolved));
    await page.locator('.answer').waitFor();
  },
  'request-closed': async (page, made) => {
    await page.goto(pageOf(server, made.closed));
    await page.locator('.follow-up').waitFor();
  },
  'request-lost': async (page) => {
    await page.goto(`${server.base}/r/TICKET-20240101-001`);
    await page.locator('[name="number"]').waitFor();
  },
  contact: async (page) => {
    await page.goto(`${server.base}/help/contact`);
    await page.locator('[name="description"]').waitFor();
  },
  'sign-in': async (page) => {
    await page.goto(`${server.base}/account`);
    await page.locator('[name="password"]').waitFor();
  },
  'sign-up': async (page) => {
    await page.goto(`${server.base}/account/sign-up`);
    await page.locator('[name="first_name"]').waitFor();
  },
};

for (const [width, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark']) {
    for (const locale of ['fr-FR', 'en-GB']) {
      test(`everybody can use each page at ${width}, ${colorScheme}, ${locale}, and nothing jumps`, async () => {
        const made = await requestsToLookAt();
        for (const [name, come] of Object.entries(PAGES)) {
          const page = await profile(browser, { viewport, colorScheme, locale });
          const shifted = await watchShifts(page);
          await come(page, made);
          await ended(page);
          await screenshot(page, `${name}-${width}-${colorScheme}-${locale.slice(0, 2)}`);
          assert.deepEqual(await violations(page), [], `axe on ${name}`);
          assert.ok((await shifted()) < 0.05, `${name} moved by ${await shifted()}`);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(wide <= 0, `${name} is ${wide} px too wide`);
          await close(page);
        }
      });
    }
  }
}

for (const [width, viewport] of Object.entries(SIZES)) {
  for (const [colorScheme, locale] of [['light', 'fr-FR'], ['dark', 'en-GB']]) {
    test(`everybody can use the account at ${width}, ${colorScheme}, ${locale}`, async () => {
      const page = await opened(`${server.base}/account`, { viewport, colorScheme, locale });
      await page.locator('[name="email"]').fill('customer@demo.test');
      await page.locator('[name="password"]').fill('guichet-demo');
      await page.locator('[name="password"]').press('Enter');
      const shows = { '': '.request-row time', '/profile': '[name="current_password"]', '/data': '.my-data' };
      await page.locator(shows['']).first().waitFor();
      for (const [below, shown] of Object.entries(shows)) {
        await page.goto(`${server.base}/account${below}`);
        await page.locator(shown).first().waitFor();
        await ended(page);
        const name = `account${below.replace('/', '-')}-${width}-${colorScheme}-${locale.slice(0, 2)}`;
        await screenshot(page, name);
        assert.deepEqual(await violations(page), [], `axe on ${name}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${name} is ${wide} px too wide`);
      }
      await close(page);
    });
  }
}

let made;

function requestsToLookAt() {
  made ??= (async () => {
    const [open, resolved, closed] = await Promise.all([ask(server), ask(server), ask(server)]);
    for (const request of [open, resolved, closed]) {
      await desk.act(request, 'take');
      await desk.act(request, 'start', { reason: 'L’expert a rendu son avis.' });
      await desk.say(request, 'Bonjour Madame Moreau, merci pour la photo, l’heure s’y lit bien. Je la transmets à l’expert.');
    }
    await desk.act(resolved, 'resolve', { resolution: 'La caution de 800 € est libérée.' });
    await desk.act(closed, 'resolve');
    await desk.act(closed, 'close');
    return { open, resolved, closed };
  })();
  return made;
}
