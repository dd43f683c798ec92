// @vitest-environment happy-dom
import { render } from 'preact';
import { expect, test } from 'vitest';
import { Receipt } from '../src/thread.tsx';
import type { ThreadMessage } from '../src/thread-layout.ts';

const failed: ThreadMessage = {
  kind: 'message', key: 'k', sender: { id: 'h', name: 'Hélène' }, side: 'me', own: true, content: 'Encore une chose', at: '2026-11-20T09:00:00Z', state: 'failed', failure: 'La demande est close.',
};

function buttons(message: ThreadMessage): { named: (name: string) => HTMLButtonElement | undefined; names: (string | null)[]; did: string[] } {
  const root = document.createElement('div');
  const did: string[] = [];
  render(<Receipt message={message} onSendAgain={(key) => did.push(`again ${key}`)} onDiscard={(key) => did.push(`discard ${key}`)} />, root);
  const all = [...root.querySelectorAll('button')];
  return { named: (name) => all.find((one) => one.textContent === name), names: all.map((one) => one.textContent), did };
}

test('a_failed_message_can_be_sent_again_or_taken_back', () => {
  const { names, named, did } = buttons(failed);
  expect(names).toEqual(['Renvoyer', 'Retirer']);
  named('Renvoyer')!.click();
  named('Retirer')!.click();
  expect(did).toEqual(['again k', 'discard k']);
});

test('a_message_that_would_fail_again_can_only_be_taken_back', () => {
  expect(buttons({ ...failed, final: true }).names).toEqual(['Retirer']);
});
