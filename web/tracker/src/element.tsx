import { effect } from '@preact/signals-core';
import { render } from 'preact';
import { ApiClient } from '@guichet/sdk/api/client.ts';
import { PublicApi } from '@guichet/sdk/api/public.ts';
import { GuestTokens } from '@guichet/sdk/api/session.ts';
import { RealtimeClient } from '@guichet/sdk/realtime/client.ts';
import { realtimeUrl } from '@guichet/sdk/realtime/socket.ts';
import { chooseLocale, createTranslator, type Locale } from '@guichet/ui/i18n.ts';
import { createSpeech, SpeechContext, type Speech } from '@guichet/ui/texts.ts';
import baseCss from '@guichet/ui/styles/base.css?inline';
import tokensCss from '@guichet/ui/styles/tokens.css?inline';
import elementCss from './element.css?inline';
import { Followed } from './followed.ts';
import { trackerCatalogues, type TrackerKey } from './texts.ts';
import { Tracker } from './tracker.tsx';
import trackerCss from './tracker.css?inline';

/** Where this script came from is where the request is asked for. */
const script = document.currentScript;
const origin = new URL(script instanceof HTMLScriptElement && script.src ? script.src : location.href).origin;

const TICK_MS = 30_000;
let sheets: CSSStyleSheet[] | undefined;

/**
 * `<guichet-tracker number="TICKET-…" token="…">` shows where a request stands, live. Optional: `language="fr|en"`,
 * `data-theme="light|dark"`. Its style stays inside, and the page's outside.
 */
class GuichetTracker extends HTMLElement {
  static readonly observedAttributes = ['number', 'token', 'language'];
  #root: ShadowRoot | undefined;
  #end: (() => void) | undefined;
  #waiting = false;

  connectedCallback(): void {
    this.#root ??= this.attachShadow({ mode: 'open' });
    this.#root.adoptedStyleSheets = sheets ??= [tokensCss, baseCss, trackerCss, elementCss].map((css) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      return sheet;
    });
    this.#begin();
  }

  disconnectedCallback(): void {
    this.#end?.();
    this.#end = undefined;
  }

  /** Several attributes that change at once begin anew once. */
  attributeChangedCallback(): void {
    if (this.#root === undefined || !this.isConnected || this.#waiting) return;
    this.#waiting = true;
    queueMicrotask(() => {
      this.#waiting = false;
      if (this.isConnected) this.#begin();
    });
  }

  #begin(): void {
    this.#end?.();
    this.#end = undefined;
    const number = this.getAttribute('number') ?? '';
    const token = this.getAttribute('token') ?? '';
    const locale = chooseLocale([this.getAttribute('language'), this.closest<HTMLElement>('[lang]')?.lang, ...navigator.languages]);
    const speech = createSpeech<TrackerKey>(locale, trackerCatalogues, navigator.languages);
    if (number === '' || token === '') return this.#draw(locale, speech, <p class="said">{speech.t('element.lost')}</p>);
    const tokens = new GuestTokens(token);
    const api = new PublicApi(new ApiClient({ origin, tokens, language: () => locale }));
    const realtime = new RealtimeClient({ url: realtimeUrl(origin), tokens });
    const followed = new Followed({ realtime, fetch: () => api.supportRequest(number) });
    const draw = () => this.#draw(locale, speech, contentOf(followed, speech));
    const stop = effect(draw);
    // Times move, and what was expected may have passed.
    const timer = setInterval(draw, TICK_MS);
    realtime.start();
    void followed.load();
    this.#end = () => {
      stop();
      clearInterval(timer);
      followed.dispose();
      realtime.stop();
    };
  }

  #draw(locale: Locale, speech: Speech<TrackerKey>, content: preact.JSX.Element): void {
    render(
      <SpeechContext.Provider value={speech as unknown as Speech<string>}>
        <div class="guichet" lang={locale}>
          {content}
        </div>
      </SpeechContext.Provider>,
      this.#root!,
    );
  }
}

function contentOf(followed: Followed, { t }: ReturnType<typeof createTranslator<TrackerKey>>): preact.JSX.Element {
  const request = followed.request.value;
  const timeline = followed.timeline.value;
  const phase = followed.phase.value;
  if (phase === 'lost') return <p class="said">{t('element.lost')}</p>;
  if (request !== null) return <Tracker request={request} timeline={timeline} now={Date.now()} />;
  if (phase === 'unreachable') return <p class="said">{t('element.unreachable')}</p>;
  return <div class="tracker waiting" role="status" aria-label={t('element.loading')} />;
}

if (!customElements.get('guichet-tracker')) customElements.define('guichet-tracker', GuichetTracker);
