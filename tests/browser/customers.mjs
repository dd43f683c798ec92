// What customers do on their own pages, and what the team does meanwhile, by the interface.
import { DESKTOP, PHONE } from './browser.mjs';
import { until } from './until.mjs';

export const SIZES = { 1440: DESKTOP, 1024: { width: 1024, height: 768 }, 390: PHONE };

/** A request as the contact form makes it; `token` opens its page. */
export async function ask(server, words = {}) {
  const body = {
    organization: 'demo',
    name: 'Lucie Moreau',
    email: 'lucie.moreau@exemple.fr',
    subject: 'Rayure signalée au retour du Captur',
    description: 'Bonjour, l’état des lieux de retour note une rayure sur l’aile arrière droite. Elle y était au départ.',
    context: { order_id: '58213' },
    metadata: { vehicle: { brand: 'Renault', model: 'Captur', license_plate: 'FR-902-LB' } },
    ...words,
  };
  const { support_request, access_token } = await server.call('/public/support-requests', { body });
  return { ...support_request, token: access_token };
}

export function pageOf(server, { number, token }) {
  return `${server.base}/r/${number}${token ? `#${token}` : ''}`;
}

/** An agent who acts without a page. */
export class Desk {
  static async of(server, name = 'agent') {
    return new Desk(server, await server.signIn(name));
  }

  constructor(server, token) {
    this.server = server;
    this.token = token;
  }

  act(request, action, body = {}) {
    return this.server.call(`/support-requests/${request.id}/${action}`, { token: this.token, body });
  }

  say(request, content) {
    const body = { client_message_id: crypto.randomUUID(), content };
    return this.server.call(`/conversations/${request.conversation_id}/messages`, { token: this.token, body });
  }
}

/** How much of the page moved while it loaded, as browsers score it; begin before the page is opened. */
export async function watchShifts(page) {
  await page.addInitScript(() => {
    globalThis.shifted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shifted += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  return () => page.evaluate(() => globalThis.shifted);
}

/** Once nothing is asked for any more and what was drawn has settled. */
export async function ended(page) {
  await page.evaluate(async () => {
    await document.fonts.ready;
    // Two frames: one to lay out, one to score what moved.
    for (let frame = 0; frame < 2; frame += 1) await new Promise((drawn) => requestAnimationFrame(drawn));
  });
}

/**
 * The address that the latest mail to somebody leads to, on this server: a demonstration keeps its mails to be looked
 * at. `about` is a part of its subject.
 */
export async function linkFor(server, email, about) {
  let link;
  await until(`a mail to ${email} about ${about}`, 15_000, async () => {
    const list = await (await fetch(`${server.base}/dev/mailbox`)).text();
    const rows = [...list.matchAll(/<li><a href="([^"]+)">([^<]*)<\/a><br>([^<]*)/g)];
    const found = rows.find(([, , subject, to]) => to.startsWith(email) && subject.includes(about));
    if (found === undefined) return false;
    const mail = await (await fetch(server.base + found[1])).text();
    const named = [...mail.matchAll(/https?:\/\/[^\s<>"]+#[^\s<>"]+/g)].at(0)?.[0];
    if (named === undefined) throw new Error(`no link in ${mail}`);
    const { pathname, search, hash } = new URL(named);
    link = server.base + pathname + search + hash;
    return true;
  });
  return link;
}
