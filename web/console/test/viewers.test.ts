// @vitest-environment happy-dom
import { h, render } from 'preact';
import { describe, expect, test } from 'vitest';
import type { Viewer } from '@guichet/sdk';
import { createSpeech, SpeechContext } from '@guichet/ui';
import { Viewers, wording } from '../src/conversation/viewers.tsx';
import { catalogues } from '../src/texts.ts';

const french = createSpeech('fr', catalogues);
const english = createSpeech('en', catalogues);
const person = (name: string, state: Viewer['state']): Viewer => ({ id: name, name, state });
const [claire, alex, noe] = [person('Claire Morel', 'replying'), person('Alex Petit', 'viewing'), person('Noé Roux', 'viewing')];

describe('who else has the request open', () => {
  test('is_said_in_a_sentence_each_way', () => {
    expect(wording([], french.t)).toBe('');
    expect(wording([claire], french.t)).toBe('Claire Morel rédige une réponse.');
    expect(wording([alex], french.t)).toBe('Alex Petit consulte cette demande.');
    expect(wording([alex, noe], french.t)).toBe('Alex Petit et Noé Roux consultent cette demande.');
    expect(wording([alex, noe, person('Zoé Blanc', 'viewing')], english.t)).toBe('Alex Petit and 2 others are looking at this request.');
  });

  test('names_first_who_writes', () => {
    expect(wording([alex, claire], french.t)).toBe('Claire Morel rédige une réponse. Alex Petit consulte cette demande.');
  });

  test('is_announced_and_empty_when_nobody_has', () => {
    const page = document.createElement('div');
    const show = (viewers: readonly Viewer[]) => render(h(SpeechContext.Provider, { value: french as never, children: h(Viewers, { viewers }) }), page);
    show([]);
    const status = page.querySelector('[role="status"]');
    expect(status?.childNodes).toHaveLength(0);
    show([claire]);
    expect(page.querySelector('[role="status"]')).toBe(status);
    expect(status?.textContent).toContain('Claire Morel rédige une réponse.');
    expect(status?.querySelector('.avatar')?.getAttribute('aria-hidden')).toBe('true');
  });
});
