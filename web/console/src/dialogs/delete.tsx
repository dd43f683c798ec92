// Deleting a request: for admins, and not for good yet.
import type { SupportRequest } from '@guichet/sdk';
import { Button } from '@guichet/ui';
import { useCommands } from '../conversation/actions.ts';
import { Dialog } from '../shell/dialog.tsx';
import { useText } from '../texts.ts';

export function DeleteDialog({ request, onClose }: { readonly request: SupportRequest; readonly onClose: () => void }) {
  const { t } = useText();
  const commands = useCommands();
  return (
    <Dialog
      title={t('delete.title')}
      onClose={onClose}
      actions={
        <>
          <Button autofocus onClick={onClose}>
            {t('dialog.cancel')}
          </Button>
          <Button look="danger" onClick={() => void commands.remove(request).then((done) => done && onClose())}>
            {t('delete.do')}
          </Button>
        </>
      }
    >
      <p>{t('delete.what_follows', { number: request.number })}</p>
    </Dialog>
  );
}
