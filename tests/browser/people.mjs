// What a visitor and an agent do in their pages, in their words.
import { until } from './until.mjs';

export class Visitor {
  constructor(page, base) {
    this.page = page;
    this.base = base;
  }

  /** Comes to the shop's page and opens the panel, unless it is open still. */
  async arrive() {
    await this.page.goto(`${this.base}/`);
    const launcher = this.page.getByRole('button', { name: /^(Ouvrir|Fermer) la messagerie/ });
    await launcher.waitFor();
    if ((await launcher.getAttribute('aria-expanded')) !== 'true') await launcher.click();
    await this.panel.waitFor();
  }

  async ask(question, email) {
    await this.page.getByRole('button', { name: /Écrire à l’équipe/ }).click();
    await this.page.getByLabel('Que se passe-t-il').fill(question);
    await this.page.getByLabel(/^Courriel/).fill(email);
    await this.page.getByRole('button', { name: 'Envoyer' }).click();
    await this.thread.waitFor();
  }

  get panel() {
    return this.page.getByRole('dialog');
  }

  get thread() {
    return this.panel.getByRole('log');
  }

  get field() {
    return this.panel.getByRole('textbox', { name: 'Votre message' });
  }

  async write(words) {
    await this.field.fill(words);
    await this.field.press('Enter');
  }

  /** After a reload the panel may be open again, or one click away. */
  async comeBack() {
    await this.page.reload();
    await this.openLast();
  }

  /** Goes elsewhere; what the browser keeps for the site stays. */
  async leave() {
    await this.page.goto('about:blank');
  }

  async openLast() {
    const launcher = this.page.getByRole('button', { name: /^Ouvrir la messagerie/ });
    const recent = this.panel.locator('.recent button').first();
    await launcher.or(recent).or(this.thread).first().waitFor();
    if (await launcher.isVisible()) await launcher.click();
    await recent.or(this.thread).first().waitFor();
    if (!(await this.thread.isVisible())) await recent.click();
    await this.thread.waitFor();
  }
}

export class Agent {
  constructor(page, base) {
    this.page = page;
    this.base = base;
  }

  async signIn(name = 'agent') {
    await this.page.goto(`${this.base}/console/?organization=demo`);
    await this.page.getByLabel('Courriel').fill(`${name}@demo.test`);
    await this.page.getByLabel('Mot de passe').fill('guichet-demo');
    await this.page.getByRole('button', { name: 'Se connecter' }).click();
    await this.page.getByLabel('Mot de passe').waitFor({ state: 'detached' });
  }

  async open(view, words) {
    await this.page.getByRole('navigation', { name: 'Vues' }).getByRole('link', { name: view }).click();
    await this.page.locator('a.row', { hasText: words }).first().click();
    await this.thread.waitFor();
  }

  get thread() {
    return this.page.getByRole('log');
  }

  get field() {
    return this.page.getByRole('textbox', { name: 'Votre réponse' });
  }

  async write(words) {
    await this.field.fill(words);
    await this.field.press('Enter');
  }
}

/** What the bubbles of a thread say, in their order. */
export async function said(thread) {
  const texts = await thread.locator('.bubble').allInnerTexts();
  return texts.map((text) => text.trim());
}

/** Waits until a thread says exactly this. */
export async function sees(thread, expected, withinMs = 15_000) {
  let last = [];
  try {
    await until('the thread', withinMs, async () => {
      last = await said(thread);
      return JSON.stringify(last) === JSON.stringify(expected);
    });
  } catch {
    throw new Error(`the thread says ${JSON.stringify(last)}, expected ${JSON.stringify(expected)}`);
  }
}

/** Waits until the last receipt in a thread says this. */
export async function receipt(thread, words) {
  await thread.locator('.receipt', { hasText: words }).last().waitFor();
}
