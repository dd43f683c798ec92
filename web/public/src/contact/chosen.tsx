// Files that go with the form: they are sent once the request is there.
import { useRef, useState } from 'preact/hooks';
import { MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS } from '@guichet/sdk';
import { Button, Icon, IconButton, icons } from '@guichet/ui';
import { detailOf, filesOf, useFileTexts, wordsOf } from '@guichet/ui/files/index.ts';
import { useText } from '../texts.ts';

export interface ChosenProps {
  readonly files: readonly File[];
  readonly onChange: (files: readonly File[]) => void;
}

export function Chosen({ files, onChange }: ChosenProps) {
  const { t } = useText();
  const texts = useFileTexts();
  const chooser = useRef<HTMLInputElement>(null);
  const [refused, setRefused] = useState<string | null>(null);
  const add = (given: Iterable<File>) => {
    const added = filesOf(given);
    const big = added.find(({ size }) => size > MAX_ATTACHMENT_BYTES);
    const empty = added.find(({ size }) => size === 0);
    const fine = added.filter(({ size }) => size > 0 && size <= MAX_ATTACHMENT_BYTES);
    const all = [...files, ...fine];
    const leftOut = all.slice(MAX_ATTACHMENTS).map(({ name }) => name);
    if (big !== undefined) setRefused(`${big.name} : ${wordsOf({ code: 'too_big', message: '' }, texts)}`);
    else if (empty !== undefined) setRefused(`${empty.name} : ${wordsOf({ code: 'empty', message: '' }, texts)}`);
    else setRefused(leftOut.length === 0 ? null : texts.t('files.left_out', { count: leftOut.length, names: leftOut.join(', ') }));
    onChange(all.slice(0, MAX_ATTACHMENTS));
  };
  return (
    <div class="chosen">
      {files.length > 0 && (
        <ul role="list" aria-label={texts.t('files.to_send')}>
          {files.map((file, index) => (
            <li key={`${file.name} ${index}`}>
              <Icon path={icons.file} size="small" /> <span class="truncate">{file.name}</span> <span class="meta">{detailOf({ mime: file.type, size: file.size }, texts)}</span>
              <IconButton label={texts.t('files.remove', { name: file.name })} path={icons.cross} onClick={() => onChange(files.filter((one) => one !== file))} />
            </li>
          ))}
        </ul>
      )}
      <p>
        <input
          ref={chooser}
          type="file"
          multiple
          hidden
          onChange={({ currentTarget }) => {
            add(currentTarget.files ?? []);
            currentTarget.value = '';
          }}
        />
        <Button look="quiet" icon={icons.clip} onClick={() => chooser.current?.click()}>
          {t('answer.attach')}
        </Button>
        <span class="meta">{t('contact.files')}</span>
      </p>
      <p class="error" role="alert">
        {refused}
      </p>
    </div>
  );
}
