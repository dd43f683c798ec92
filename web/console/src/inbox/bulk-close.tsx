// Closing many cannot be taken back: it is asked once.
import { useRef, useState } from 'preact/hooks';
import { Button } from '@guichet/ui';
import { useDesk } from '../desk.ts';
import { Dialog } from '../shell/dialog.tsx';
import { Check } from '../shell/form.tsx';
import { useText } from '../texts.ts';
import { useBulk } from './bulk.ts';

export function BulkCloseDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useText();
  const { selection } = useDesk();
  const bulk = useBulk();
  // What was marked when it was asked.
  const ids = useRef([...selection.ids.peek()]).current;
  const [told, setTold] = useState(true);
  return (
    <Dialog
      title={t('bulk.close_title', { count: ids.length })}
      onClose={onClose}
      actions={
        <>
          <Button autofocus onClick={onClose}>
            {t('dialog.cancel')}
          </Button>
          <Button
            look="danger"
            onClick={() => {
              onClose();
              void bulk.run(ids, { action: 'close', notify_customer: told });
            }}
          >
            {t('dialog.do.close')}
          </Button>
        </>
      }
    >
      <p>{t('bulk.close_why')}</p>
      <Check checked={told} onCheck={setTold}>
        {t('dialog.notify_customer')}
      </Check>
    </Dialog>
  );
}
