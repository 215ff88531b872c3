import { InboxOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Alert, Spin, Upload } from 'antd';
import { useTranslation } from 'react-i18next';
import { post } from '../api/client';
import { messageOf } from '../api/problem';
import type { Import } from './api';

const LIMIT = 200 * 1024 * 1024;

export function UploadStep({ onDone }: { onDone: (made: Import) => void }) {
  const { t } = useTranslation('imports');
  const upload = useMutation({
    mutationFn: (file: File) =>
      post<Import>('/imports', undefined, {
        query: { file_name: file.name },
        raw: new Blob([file], { type: 'application/octet-stream' }),
      }),
    onSuccess: onDone,
  });
  const tooLarge = upload.variables && upload.variables.size > LIMIT;
  return (
    <div className="panel import-upload">
      {upload.isError && (
        <Alert
          type="error"
          showIcon
          role="alert"
          title={tooLarge ? t('upload.too_large') : messageOf(upload.error)}
          style={{ marginBottom: 16 }}
        />
      )}
      <Spin spinning={upload.isPending} description={t('upload.reading', { name: upload.variables?.name ?? '' })}>
        <Upload.Dragger
          accept=".csv,.txt,.tsv,.xlsx,.xls,.gz"
          multiple={false}
          showUploadList={false}
          disabled={upload.isPending}
          beforeUpload={(file) => {
            upload.mutate(file);
            return false;
          }}
        >
          <p className="ant-upload-drag-icon">
            <InboxOutlined />
          </p>
          <p className="ant-upload-text">{t('upload.drop')}</p>
          <p className="ant-upload-hint">{t('upload.formats')}</p>
        </Upload.Dragger>
      </Spin>
      <ul className="import-hints">
        {(['orders', 'customers', 'dirty', 'undo'] as const).map((name) => (
          <li key={name}>{t(`upload.hint.${name}`)}</li>
        ))}
      </ul>
    </div>
  );
}
