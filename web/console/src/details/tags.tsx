// Labels: added by a word and Enter, taken away by their cross.
import { useId, useRef, useState } from 'preact/hooks';
import type { SupportRequest } from '@guichet/sdk';
import { Icon, icons } from '@guichet/ui';
import { useCommands } from '../conversation/actions.ts';
import { useDesk } from '../desk.ts';
import { useText } from '../texts.ts';

const most = 20;
const longest = 40;

export function Tags({ request }: { readonly request: SupportRequest }) {
  const { t } = useText();
  const commands = useCommands();
  const { inbox } = useDesk();
  const suggested = useId();
  const [word, setWord] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const adder = useRef<HTMLButtonElement>(null);
  /** A field that is given up loses the focus too; its word is not wanted then. */
  const givenUp = useRef(false);
  const closed = request.status === 'closed';
  const { tags } = request;
  if (closed && tags.length === 0) return null;

  const add = () => {
    const tag = normalised(word ?? '');
    setWord('');
    if (tag !== '' && !tags.includes(tag)) void commands.update(request, { tags: [...tags, tag] });
  };
  const stop = () => {
    givenUp.current = true;
    setWord(null);
    requestAnimationFrame(() => adder.current?.focus());
  };
  // What colleagues have written before is offered, so that one thing has one word.
  const known = word === null ? [] : [...new Set(inbox.known(({ tags: others }) => others.length > 0, 200).flatMap((one) => one.tags))].filter((tag) => !tags.includes(tag)).sort();
  return (
    <section>
      <h2 class="section">{t('details.tags')}</h2>
      <ul class="tags" role="list">
        {tags.map((tag) => (
          <li key={tag} class="tag">
            <span class="truncate">{tag}</span>
            {!closed && (
              <button
                type="button"
                aria-label={t('tags.remove', { tag })}
                title={t('tags.remove', { tag })}
                onClick={() => {
                  adder.current?.focus();
                  void commands.update(request, { tags: tags.filter((one) => one !== tag) });
                }}
              >
                <Icon path={icons.cross} size="small" />
              </button>
            )}
          </li>
        ))}
        {!closed && tags.length < most && (
          <li>
            {word === null ? (
              <button
                ref={adder}
                type="button"
                class="tag add"
                onClick={() => {
                  givenUp.current = false;
                  setWord('');
                  requestAnimationFrame(() => field.current?.focus());
                }}
              >
                <Icon path={icons.plus} size="small" /> {t('tags.add')}
              </button>
            ) : (
              <>
                <input
                  ref={field}
                  class="tag-field"
                  list={suggested}
                  value={word}
                  maxLength={longest}
                  aria-label={t('tags.new')}
                  onInput={(event) => setWord(event.currentTarget.value)}
                  onBlur={() => {
                    if (!givenUp.current) add();
                    setWord(null);
                  }}
                  onKeyDown={(event) => {
                    if (event.key === 'Escape') {
                      event.preventDefault();
                      event.stopPropagation();
                      stop();
                    } else if ((event.key === 'Enter' || event.key === ',') && !event.isComposing) {
                      event.preventDefault();
                      add();
                    }
                  }}
                />
                <datalist id={suggested}>
                  {known.map((tag) => (
                    <option key={tag} value={tag} />
                  ))}
                </datalist>
              </>
            )}
          </li>
        )}
      </ul>
    </section>
  );
}

/** As the server keeps them. */
function normalised(tag: string): string {
  return tag.trim().replace(/^#/, '').toLowerCase();
}
