import { FileOutlined, PaperClipOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { RelativeTime } from '../../../kit/texts';
import type { WholeTicket } from '../types';
import { filePath } from './useUpload';

const size = (bytes: number) =>
  bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;

/** All files of a ticket. Those of a message stand with it too. */
export function Files({ whole }: { whole: WholeTicket }) {
  const { t } = useTranslation('desk');
  const files = whole.files;
  if (files.length === 0) return null;
  return (
    <section className="panel side-card" aria-label={t('file.title')}>
      <h2>
        <PaperClipOutlined aria-hidden /> {t('file.title')}
      </h2>
      <ul className="files">
        {files.map((file) => (
          <li key={file.id}>
            <a href={filePath(whole.ticket.id, file.id)} download={file.name}>
              <FileOutlined aria-hidden /> {file.name}
            </a>
            <span className="quiet">
              {size(file.bytes)} · <RelativeTime value={file.added_at} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
